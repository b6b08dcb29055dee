"""Bundles with a network in LiteRT's form: written by a command, checked, and answering alike."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from covidweb.bundle import read_bundle
from covidweb.errors import ModelError
from covidweb.radiograph import read_radiograph
from covidweb.screening import Screener, screener
from covidweb.training.lite import convert_bundle


@pytest.fixture(scope="module")
def root(classifier_root, tmp_path_factory):
    """A model root with the tiny classifier, converted."""
    folder = tmp_path_factory.mktemp("converted")
    shutil.copytree(classifier_root / "classifier", folder / "classifier")
    convert_bundle("classifier", folder)
    return folder


@pytest.fixture
def copied(root, tmp_path):
    shutil.copytree(root / "classifier", tmp_path / "classifier")
    return tmp_path


def test_the_card_lists_it_after_the_rest_and_again_changes_nothing(root, copied):
    card = read_bundle("classifier", root).card
    assert list(card.weights) == ["classifier.keras", "gate.json", "classifier.tflite"]
    assert convert_bundle("classifier", copied).card == card


def test_answers_are_kerass_but_for_rounding(root, classifier_root, film_png):
    films = [read_radiograph(film_png(seed)) for seed in range(5)]
    found, outputs = Screener.load("classifier", root).scores(films)
    wanted, others = Screener.load("classifier", classifier_root).scores(films)
    np.testing.assert_allclose(found, wanted, atol=0.004)
    for name in ("logits", "grids", "opacity", "features"):
        one, two = getattr(outputs, name), getattr(others, name)
        assert one.shape == two.shape and np.abs(one - two).mean() < 0.1 * np.abs(two).mean()


def test_a_gpu_is_left_to_keras(root, monkeypatch):
    monkeypatch.setattr(screener, "may_have_gpu", lambda: True)
    monkeypatch.setattr(screener, "prepare_screening", lambda: "GPU (drawn)")
    monkeypatch.setattr(screener, "lite_engine", lambda content: pytest.fail("LiteRT was taken"))
    assert Screener.load("classifier", root).device == "GPU (drawn)"


def test_a_driver_without_a_gpu_is_not(root, monkeypatch):
    monkeypatch.setattr(screener, "may_have_gpu", lambda: True)
    monkeypatch.setattr(screener, "prepare_screening", lambda: "CPU")
    monkeypatch.setattr(screener, "build_engine", lambda *parts: pytest.fail("Keras was taken"))
    assert Screener.load("classifier", root).device == "CPU"


def test_a_film_is_answered_without_tensorflow_and_explained_with_it(root, film_png, tmp_path):
    path = tmp_path / "film.png"
    path.write_bytes(film_png(1))
    code = (
        "import sys; from pathlib import Path; "
        "from covidweb.radiograph import read_radiograph_file; "
        "from covidweb.screening import Screener; "
        f"one = Screener.load('classifier', Path({str(root)!r})); "
        f"film = read_radiograph_file(Path({str(path)!r})); "
        "assert 0 < one.scores([film])[0][0] < 1; "
        "assert not {'tensorflow', 'keras'} & set(sys.modules); "
        "assert one.explain(film, 'gradcam').ndim == 2; "
        "assert 'tensorflow' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", ["classifier.tflite", "classifier.keras"])
def test_other_weights_than_the_cards_are_refused(copied, file):
    path = copied / "classifier" / file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=f"{file} of the bundle 'classifier' do not match"):
        Screener.load("classifier", copied)


def test_a_missing_file_is_named(copied):
    (copied / "classifier" / "classifier.tflite").unlink()
    with pytest.raises(ModelError, match=r"has no classifier\.tflite"):
        Screener.load("classifier", copied)


def test_the_articles_network_stays_with_tensorflow(seed_root):
    with pytest.raises(ModelError, match="Received 'seed', a bundle of seed"):
        convert_bundle("seed", seed_root)
