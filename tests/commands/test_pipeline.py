"""From films to a model card, command by command, on drawn films: every figure has its writer."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from covidweb.bundle import read_bundle
from covidweb.bundle.blocks import markdown
from covidweb.bundle.model_card import model_card, read_results
from covidweb.cli import app
from covidweb.dataset import film_path, load_manifest
from covidweb.radiograph import read_radiograph
from covidweb.screening import Screener


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command; its bundles lie in a folder of their own."""
    monkeypatch.setenv("COVIDWEB_MODELS", str(tmp_path / "models"))

    def call(*words):
        found = CliRunner().invoke(app, [str(word) for word in words])
        assert found.exit_code == 0, f"{found.output}\n{found.exception!r}"
        return found.output

    return call


def the_apps_number_is_that_of_evaluate(name, data):
    """The probability that the app shows for a file is the one in `predictions.csv`."""
    screener = Screener.load(name)
    rows = load_manifest(data).set_index("image_id", drop=False)
    written = read_bundle(name).predictions().set_index("image_id")["score"]
    for image_id, score in written.sample(12, random_state=0).items():
        film = read_radiograph(film_path(data, rows.loc[image_id]).read_bytes())
        shown = screener.screen(film)
        if shown.probability is not None:
            assert shown.probability == pytest.approx(score, abs=1e-5)
    films = [read_radiograph(film_path(data, rows.loc[i]).read_bytes()) for i in written.index[:20]]
    np.testing.assert_allclose(screener.probabilities(films), written.iloc[:20], atol=1e-5)


def test_the_articles_network_from_films_to_its_card(run, small_data, tmp_path, monkeypatch):
    from covidweb.training.seed import train

    small = partial(train.train_seed, size=32, dense=4)
    monkeypatch.setattr(train, "train_seed", small)
    output = tmp_path / "models" / "seed"
    said = run("train", "seed", "--data", small_data, "--output", output, "--epochs", 1)
    assert "epoch 1: " in said
    said = run("evaluate", "--model", "seed", "--data", small_data, "--draws", 20)
    assert "test: n=" in said
    the_apps_number_is_that_of_evaluate("seed", small_data)
    run("audit", "--model", "seed", "--data", small_data, "--films", 16)

    bundle = read_bundle("seed")
    assert bundle.warnings() == []
    assert set(bundle.card.files) == {"history.csv", "evaluation.json", "predictions.csv"}
    found = bundle.evaluation()
    assert found.sha256 == bundle.sha256 and found.audit.films > 0
    assert set(found.audit.baselines) == {"histogram", "border", "file_facts"}
    assert found.audit.robustness["plain"]["auc"] == found.audit.lung_blackout["as_it_is"]["auc"]
    whole = markdown(model_card(bundle.card, read_results(bundle)))
    assert (bundle.path / "README.md").read_text(encoding="utf-8") == whole
    assert "## Audit" in whole and "## Beside the article" in whole
    # A second evaluation of the same weights keeps what the audit found.
    run("evaluate", "--model", "seed", "--data", small_data, "--draws", 20)
    assert read_bundle("seed").evaluation().audit == found.audit


def test_predictions_of_a_classifier_are_what_the_app_shows(
    run, small_data, classifier_root, tmp_path
):
    import shutil

    shutil.copytree(classifier_root, tmp_path / "models")
    run("evaluate", "--model", "classifier", "--data", small_data, "--draws", 20)
    rows = pd.read_csv(tmp_path / "models" / "classifier" / "predictions.csv")
    assert rows["opacity"].between(0, 1).all() and rows["score"].std() > 0
    the_apps_number_is_that_of_evaluate("classifier", small_data)
    card = json.loads((tmp_path / "models" / "classifier" / "card.json").read_text())
    assert set(card["weights"]) == {"classifier.keras", "gate.json"}
