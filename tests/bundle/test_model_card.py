from io import BytesIO

import pytest
from pypdf import PdfReader

from covidweb.bundle import read_bundle
from covidweb.bundle.blocks import (
    Bullets,
    Document,
    Section,
    Text,
    block_markdown,
    markdown,
    table,
)
from covidweb.bundle.model_card import model_card
from covidweb.bundle.pdf import latin, pdf


@pytest.fixture
def document(bundle_root):
    bundle = read_bundle("seed")
    return model_card(bundle.card, bundle.evaluation())


@pytest.fixture
def text(document):
    return markdown(document)


def test_figures_hash_and_command_come_from_the_files(text):
    bundle = read_bundle("seed")
    metrics = bundle.evaluation().sets["test"].metrics
    assert f"{metrics['auc']['value']:.3f} (" in text
    assert bundle.sha256 in text and bundle.card.command in text
    assert f"here is {metrics['accuracy']['value']:.1%}" in text
    assert f"{metrics['ppv_5']['value']:.2f}" in text and "PPV at 5%" in text
    assert "- Two classes only." in text


def test_a_bundle_not_evaluated_says_so(bundle_root):
    text = markdown(model_card(read_bundle("default").card, None))
    assert "Not evaluated yet" in text and "## Limits" in text


def test_table_cells_survive_a_bar():
    assert block_markdown(table(("a", "b"), [("x|y", 3)])) == (
        "| a | b |\n|---|---|\n| x\\|y | 3 |"
    )


def said_in_the_pdf(document):
    pages = PdfReader(BytesIO(pdf(document))).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def test_the_pdf_holds_every_heading_and_every_cell_of_every_table(document):
    said = said_in_the_pdf(document)
    cells = 0
    for section in document.sections:
        assert "".join(section.title.split()) in said
        for block in section.blocks:
            for row in getattr(block, "rows", ()):
                for cell in row:
                    assert "".join(latin(cell).replace("`", "").split()) in said
                    cells += 1
    assert cells > 50


def test_letters_outside_latin_1_do_not_break_the_pdf():
    assert latin("≥ 0.8 – “好”") == '>= 0.8 - "?"'
    blocks = (Text("好"), Bullets(("a", "好")), table(("x", "好"), [("1", "2")]))
    assert "?" in said_in_the_pdf(Document("好", "", (Section("好", blocks),)))
