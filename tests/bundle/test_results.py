from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from covidweb.bundle import read_bundle, results
from covidweb.bundle.evaluation import Bootstrap, Comparison, Evaluation, Side
from covidweb.errors import ModelError
from covidweb.sets import PLACES

NOTHING = Evaluation(model="", sha256="", threshold=0.5, bootstrap=Bootstrap(n=10))


@pytest.fixture
def bundle(bundle_root):
    return read_bundle("default")


def test_predictions_get_their_place_and_group(bundle):
    rows = results.read_predictions(bundle)
    assert set(rows["place"]) == set(PLACES)
    assert rows.loc[rows["set"] == "external_lundis", "place"].eq("outside").all()
    assert rows["covid"].sum() == (rows["label"] == "covid").sum()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="source"), "lacks the columns: source"),
        (lambda t: t.assign(score=t["score"] + 1), "not in 0..1"),
        (lambda t: t.assign(score="high"), "not in 0..1"),
    ],
)
def test_broken_predictions_say_what_is_wrong(bundle, change, said):
    change(bundle.predictions()).to_csv(bundle.path / "predictions.csv", index=False)
    with pytest.raises(ModelError, match=said):
        results.read_predictions(bundle)


def test_gap_is_the_metrics_of_the_two_populations(bundle):
    rows = results.read_predictions(bundle)
    gap = results.gap(rows, 0.45, n=20).set_index(["place", "metric"])
    stored = bundle.evaluation().sets["test"].metrics
    assert gap.loc[("inside", "auc"), "value"] == pytest.approx(stored["auc"]["value"])
    assert gap.loc[("inside", "auc"), "value"] > gap.loc[("outside", "auc"), "value"]
    assert gap.loc[("outside", "auc"), "n"] == 173


def test_result_table_has_every_level_and_only_defined_figures(bundle):
    table = results.result_table(bundle.evaluation())
    assert set(table["level"]) == {"set", "source", "view", "comparison"}
    lundis = table[(table["name"] == "external_lundis") & (table["level"] == "set")]
    assert "auc" not in set(lundis["metric"]) and "specificity" in set(lundis["metric"])
    outside = table[(table["level"] == "comparison") & (table["place"] == "outside")]
    assert set(outside["name"]) == {"hannover_vs_lundis", "figure1_vs_lundis"}
    assert results.result_table(NOTHING).empty


def test_mistakes_are_wrong_and_the_most_confident_come_first():
    rows = pd.DataFrame(
        {
            "image_id": list("abcd"),
            "set": ["test", "test", "test", "not_cxr"],
            "covid": [True, True, False, False],
            "score": [0.05, 0.4, 0.99, 0.9],
        }
    )
    wrong = results.mistakes(rows, 0.5)
    assert list(wrong["image_id"]) == ["c", "a", "b"]
    assert list(results.least_certain(rows, 0.5)["image_id"]) == ["b", "a", "c"]


def test_ten_sample_draws_anew(bundle):
    rows = results.read_predictions(bundle)
    first, second = (list(results.ten_sample(rows, draw)["image_id"]) for draw in (1, 2))
    assert len(first) == 10 and first != second
    assert first == list(results.ten_sample(rows, 1)["image_id"])


def test_neighbours_are_of_the_group_first_and_never_the_film_itself(bundle):
    rows = results.read_predictions(bundle)
    film = rows[rows["group"].duplicated(keep=False)].iloc[0]
    near = results.neighbours(rows, film)
    assert film["image_id"] not in set(near["image_id"])
    assert near.iloc[0]["group"] == film["group"]


def test_history_helpers():
    history = pd.DataFrame({"epoch": [1, 2, 3], "val_loss": [3, 1, 2], "seconds": [10, 10, 10]})
    assert results.best_epoch(history) == 2
    assert results.best_epoch(history.drop(columns="val_loss")) is None
    assert results.seconds_left(history, 5) == 20
    assert results.seconds_left(history, 2) == 0
    assert results.smoothed(history["val_loss"], 0).equals(history["val_loss"])
    assert results.smoothed(history["val_loss"], 0.9).std() < history["val_loss"].std()


def test_audit_sections_of_any_depth_become_tables():
    section = {
        "histogram": {"auc": {"value": 0.9, "low": 0.8, "high": 0.95}, "n": 5},
        "deletion": {"hottest": [1, 0.5], "random": [1, 0.9], "note": "text", "ok": True},
    }
    table = results.audit_values(section)
    assert list(table["metric"]) == ["auc", "n"]
    assert table.iloc[0]["low"] == 0.8 and np.isnan(table.iloc[1]["low"])
    curves = results.audit_curves(section)
    assert list(curves) == ["deletion"] and list(curves["deletion"]) == ["hottest", "random"]


def test_within_one_place_keeps_comparisons_of_one_set():
    def entry(sick, well, auc):
        return Comparison(
            title=f"{sick} against {well}",
            positives=Side(set=sick, label="pneumonia"),
            negatives=Side(set=well, label="normal"),
            n=10,
            metrics={"auc": auc},
        )

    value = {"value": 0.7, "low": 0.6, "high": 0.8}
    comparisons = {
        "one": entry("stress_nih", "stress_nih", value),
        "two": entry("external_hannover", "external_lundis", value),
        "none": entry("stress_nih", "stress_nih", None),
    }
    found = results.within_one_place(replace(NOTHING, comparisons=comparisons))
    assert found["name"].tolist() == ["one"]
    assert found["value"].tolist() == [0.7]
    assert results.within_one_place(NOTHING).empty


@pytest.mark.parametrize(
    ("lows", "guesses"), [([], False), ([0.42, 0.45], True), ([0.42, 0.51], False)]
)
def test_a_network_that_is_nowhere_above_chance_guesses(lows, guesses):
    assert results.guesses(pd.DataFrame({"low": lows})) == guesses
