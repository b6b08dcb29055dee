from io import BytesIO

import pytest

from covidweb.bundle import read_bundle
from covidweb.bundle.model_card import model_card
from covidweb.bundle.pdf import latin, pdf
from covidweb.views.model_card import parsed


@pytest.fixture
def text(bundle_root):
    bundle = read_bundle("seed")
    return model_card(bundle.card, bundle.evaluation())


def test_figures_hash_and_command_come_from_the_files(text):
    bundle = read_bundle("seed")
    metrics = bundle.evaluation()["sets"]["test"]["metrics"]
    assert f"{metrics['auc']['value']:.3f} (" in text
    assert bundle.sha256 in text and bundle.card["command"] in text
    assert f"here is {metrics['accuracy']['value']:.1%}" in text
    assert f"{metrics['ppv_5']['value']:.2f}" in text and "PPV at 5%" in text
    assert "- Two classes only." in text


def test_a_bundle_not_evaluated_says_so(bundle_root):
    text = model_card(read_bundle("default").card, {})
    assert "Not evaluated yet" in text and "## Limits" in text


def test_table_cells_survive_a_bar():
    text = "| a | b |\n|---|---|\n| x\\|y | z |"
    assert parsed(text) == (["a", "b"], [["x|y", "z"]])


def test_pdf_is_a_pdf_with_the_card_in_it(text):
    data = pdf(text)
    assert data.startswith(b"%PDF") and b"%%EOF" in data[-16:]
    assert BytesIO(data).getbuffer().nbytes > 2000


def test_letters_outside_latin_1_do_not_break_the_pdf():
    assert latin("≥ 0.8 – “好”") == '>= 0.8 - "?"'
    assert pdf("# 好\n\n- a\n- b\n\n```\nx\n```").startswith(b"%PDF")
