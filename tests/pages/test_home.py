from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from covidweb.bundle import EVALUATION, read_bundle
from covidweb.bundle.typed import as_json
from covidweb.files import write_json

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "home.py")


def _run():
    return AppTest.from_file(PAGE, default_timeout=60).run()


def test_says_what_it_is_not(bundle_root):
    at = _run()
    assert not at.exception
    assert "not a medical device" in at.warning[0].value
    assert any("not** a diagnosis" in text.value for text in at.markdown)


def test_figures_are_those_of_the_files(bundle_root):
    evaluation = read_bundle("default").evaluation()
    inside = evaluation.sets["test"].metrics["auc"]["value"]
    outside = evaluation.comparisons["hannover_vs_lundis"].metrics["auc"]["value"]
    assert [m.value for m in _run().metric if m.label == "AUC"][:2] == [
        f"{inside:.2f}",
        f"{outside:.2f}",
    ]
    evaluation.sets["test"].metrics["auc"]["value"] = 0.123
    write_json(bundle_root / "default" / EVALUATION, as_json(evaluation))
    assert "0.12" in [m.value for m in _run().metric]


def test_without_models_it_says_how_to_train_one(tmp_path, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MODELS", str(tmp_path))
    at = _run()
    assert not at.exception and "train seed" in at.info[0].value


def test_a_broken_bundle_gets_a_sentence_and_the_other_still_shows(bundle_root):
    (bundle_root / "seed" / "card.json").write_text("{")
    at = _run()
    assert not at.exception
    assert any("not JSON" in w.value for w in at.warning)
    assert any("Made-up classifier" in m.value for m in at.markdown)


@pytest.mark.parametrize("file", ["evaluation.json"])
def test_a_missing_evaluation_gets_a_sentence(bundle_root, file):
    (bundle_root / "default" / file).unlink()
    assert any(f"has no {file}" in w.value for w in _run().warning)
