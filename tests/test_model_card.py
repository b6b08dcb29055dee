from io import BytesIO

import pytest

from covidweb.bundle import read_bundle
from covidweb.model_card import markdown, table
from covidweb.model_card_pdf import latin, pdf
from covidweb.views.model_card import parsed


@pytest.fixture
def bundle(bundle_root):
    return read_bundle("seed")


def test_every_figure_comes_from_the_files(bundle):
    text = markdown(bundle)
    auc = bundle.evaluation()["sets"]["test"]["metrics"]["auc"]
    assert f"{auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})" in text
    assert bundle.sha256 in text and bundle.card["command"] in text
    accuracy = bundle.evaluation()["sets"]["test"]["metrics"]["accuracy"]["value"]
    assert f"here is {accuracy:.1%}" in text
    assert "- Two classes only." in text


def test_missing_evaluation_is_said_and_the_rest_stands(bundle):
    (bundle.path / "evaluation.json").unlink()
    text = markdown(bundle)
    assert "has no evaluation.json" in text and "## Limits" in text


def test_table_cells_survive_a_bar():
    text = table(["a", "b"], [["x|y", "z"]])
    assert parsed(text) == (["a", "b"], [["x|y", "z"]])


def test_pdf_is_a_pdf_with_the_card_in_it(bundle):
    data = pdf(markdown(bundle))
    assert data.startswith(b"%PDF") and b"%%EOF" in data[-16:]
    assert BytesIO(data).getbuffer().nbytes > 2000


def test_letters_outside_latin_1_do_not_break_the_pdf():
    assert latin("≥ 0.8 – “好”") == '>= 0.8 - "?"'
    assert pdf("# 好\n\n- a\n- b\n\n```\nx\n```").startswith(b"%PDF")
