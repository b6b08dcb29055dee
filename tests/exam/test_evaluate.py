"""Figures from predictions, and which films are measured."""

import numpy as np
import pandas as pd
import pytest

from covidweb.bundle import Card, InputSpec
from covidweb.bundle.blocks import markdown
from covidweb.bundle.card import Data
from covidweb.bundle.evaluation import Side
from covidweb.bundle.model_card import model_card
from covidweb.dataset import load_manifest, split_manifest
from covidweb.exam.evaluate import evaluation, rows_to_evaluate
from covidweb.metrics import auc, reliability

OUTSIDE = ("external_hannover", "external_lundis")


def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    kinds = [
        ("test", "covid", "bimcv", 40, 1.0),
        ("test", "normal", "rsna", 40, -1.0),
        ("external_hannover", "covid", "hannover", 30, 0.5),
        ("external_lundis", "normal", "lundis", 30, -0.5),
        ("stress_paediatric", "normal", "kermany", 20, -1.0),
        ("stress_paediatric", "pneumonia", "kermany", 20, 1.0),
    ]
    parts = []
    for name, label, source, count, shift in kinds:
        score = 1 / (1 + np.exp(-rng.normal(shift, 1, count)))
        part = pd.DataFrame({"set": name, "label": label, "source": source, "score": score})
        part["image_id"] = [f"{source}-{label}-{i}" for i in range(count)]
        part["group"] = [f"{source}-{label}-{i // 2}" for i in range(count)]
        part["view"] = np.where(np.arange(count) % 2, "PA", "")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def test_only_films_never_learned_from_are_measured(small_data) -> None:
    manifest = load_manifest(small_data)
    rows = rows_to_evaluate(manifest)
    split = split_manifest(manifest)
    pool = manifest.set_index("image_id")["set"] == "train_pool"
    for row in rows.itertuples():
        if pool[row.image_id]:
            assert split[row.image_id] == row.set != "train"
        else:
            assert split[row.image_id] == "held_out"
    assert not rows["set"].str.startswith("auxiliary").any()
    assert {"external_hannover", "stress_nih", "not_cxr"} <= set(rows["set"])


def test_figures_are_those_of_the_films() -> None:
    rows = predictions()
    found = evaluation(rows, 0.5, draws=40)
    test = rows[rows["set"] == "test"]
    metrics = found.sets["test"].metrics
    assert metrics["auc"]["value"] == pytest.approx(auc(test["label"] == "covid", test["score"]))
    assert metrics["auc"]["low"] < metrics["auc"]["value"] < metrics["auc"]["high"]
    assert found.sets["external_hannover"].metrics["auc"] is None
    assert set(found.sets["test"].views) == {"PA", "unknown"}
    children = found.sets["stress_paediatric"].labels["normal"]
    young = rows[(rows["source"] == "kermany") & (rows["label"] == "normal")]
    assert children.called_covid["value"] == pytest.approx((young["score"] >= 0.5).mean())


def test_calibration_outside_is_that_of_hospitals_never_seen_only() -> None:
    rows = predictions()
    found = evaluation(rows, 0.5, draws=10).calibration
    for place, names in (("inside", ["test"]), ("outside", list(OUTSIDE))):
        films = rows[rows["set"].isin(names)]
        assert found[place] == reliability(films["label"] == "covid", films["score"])
    assert sum(b["n"] for b in found["outside"]["bins"]) == 60


def test_places_without_films_have_no_calibration() -> None:
    rows = predictions()
    found = evaluation(rows[rows["set"] == "stress_paediatric"], 0.5, draws=10)
    assert found.calibration == {}


def test_comparisons_pair_the_sick_of_one_set_with_the_well_of_another() -> None:
    rows = predictions()
    found = evaluation(rows, 0.5, draws=40).comparisons
    assert set(found) == {"hannover_vs_lundis", "paediatric_pneumonia_vs_normal"}
    pair = found["hannover_vs_lundis"]
    assert pair.n == 60 and pair.positives == Side(set="external_hannover", label="covid")
    sick = rows[rows["source"] == "hannover"]
    sensitivity = pair.metrics["sensitivity"]["value"]
    assert sensitivity == pytest.approx((sick["score"] >= 0.5).mean())


def test_the_model_card_tells_the_figures() -> None:
    found = evaluation(predictions(), 0.5, draws=40)
    card = Card(
        title="Made up",
        kind="classifier",
        weights={"classifier.keras": "ab" * 32},
        input=InputSpec(144),
        threshold=0.5,
        threshold_rule="A coin.",
        uncertain_band=(0.4, 0.6),
        limits=("Made of random numbers.",),
        data=Data(films={"train": {"rsna normal": 5}, "test": {"rsna normal": 2}}),
    )
    text = markdown(model_card(card, found))
    value = found.sets["test"].metrics["auc"]["value"]
    assert f"{value:.3f}" in text and "A coin." in text and "| rsna normal | 5 | 2 |" in text
    assert "## What else it calls COVID-19" in text and "Stress: children: pneumonia" in text
    assert "Not evaluated yet" in markdown(model_card(card, None))
