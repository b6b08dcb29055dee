import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from covidweb.bundle import read_bundle, results
from covidweb.markdown import escape
from covidweb.metrics import auc
from covidweb.views import figures, home

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "home.py")


def _run():
    return AppTest.from_file(PAGE, default_timeout=60).run()


def test_says_what_it_is_not(bundle_root):
    at = _run()
    assert not at.exception
    assert "not a medical device" in at.warning[0].value
    assert any("not** a diagnosis" in text.value for text in at.markdown)


def test_figures_are_those_of_the_files(bundle_root):
    bundle = read_bundle("default")
    films = results.read_predictions(bundle)
    said = home.across_places(bundle)
    for place in ("Inside", "Outside"):
        part = results.population(films, place.lower())
        line = next(line for line in said.splitlines() if place in line)
        assert f"AUC {auc(part['covid'], part['score']):.2f} (" in line


def test_what_is_large_is_within_one_place(bundle_root):
    within = results.within_one_place(read_bundle("default").evaluation())
    assert len(within) > 0
    at, count = _run(), len(within)
    shown = [(m.label, m.value) for m in at.metric]
    assert shown[:count] == [
        (f"{escape(r.title)}: AUC", f"{r.value:.2f}") for r in within.itertuples()
    ]
    assert all(label.endswith(": AUC") for label, _ in shown)


def test_who_only_guesses_within_one_place_is_told(bundle_root, monkeypatch):
    monkeypatch.setattr(results, "guesses", lambda within: True)
    assert any("only guesses" in w.value for w in _run().warning)


def test_every_page_shows_the_same_figures(bundle_root):
    pages = Path(PAGE).parent
    training = AppTest.from_file(str(pages / "training.py"), default_timeout=60).run()
    bundle = read_bundle("default")
    said = home.across_places(bundle)
    for label in ("AUC inside", "AUC outside"):
        tile = next(m for m in training.metric if m.label == label)
        assert f"AUC {tile.value} ({tile.delta})" in said
    training.button_group(key="training_section").set_value("At which threshold").run()
    tile = next(m for m in training.metric if m.label == "Sensitivity")
    sensitivity = figures.rates(bundle, "inside")["sensitivity"]["value"]
    assert f"sensitivity {sensitivity:.2f} (" in said
    assert tile.value == f"{sensitivity:.1%}"


def test_a_film_can_be_handed_in_at_the_door(bundle_root, film_png):
    at = _run()
    at.file_uploader[0].upload("film.png", film_png(1), "image/png").run()
    assert not at.exception
    assert [film.name for film in at.session_state["screen_worklist"].films] == ["film.png"]


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


def test_the_device_is_told_without_tensorflow(monkeypatch):
    monkeypatch.setattr(home, "may_have_gpu", lambda: False)
    assert home.device() == "The network runs on: CPU."
    monkeypatch.setattr(home, "may_have_gpu", lambda: True)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert "on a GPU where TensorFlow sees one" in home.device()
