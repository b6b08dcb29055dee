from dataclasses import replace

import pandas as pd
import pytest

from covidweb.bundle.evaluation import Audit, Bootstrap, Evaluation, SetFigures
from covidweb.errors import DataError
from covidweb.views.training import audit, curves, explanations, threshold


@pytest.mark.parametrize(
    ("seconds", "said"), [(40, "40 s"), (720, "12 min"), (3900, "1 h 5 min"), (7200, "2 h 0 min")]
)
def test_durations_are_words(seconds, said):
    assert curves.duration(seconds) == said


def test_a_half_written_history_is_read_as_far_as_it_is_whole(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss,val_loss\n1,0.5,0.6\n2,")
    assert list(curves.read_run(path)["epoch"]) == [1]
    path.write_text("")
    with pytest.raises(DataError, match="cannot be read yet"):
        curves.read_run(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no column 'epoch'"):
        curves.read_run(path)


def test_unfinished_bundles_can_be_watched_and_finished_ones_not(bundle_root, monkeypatch):
    monkeypatch.setenv("COVIDWEB_RUNS", str(bundle_root / "none"))
    assert curves.runs() == {}
    (bundle_root / "seed" / "card.json").unlink()
    assert list(curves.runs()) == ["seed"]


def test_thinned_curves_keep_their_ends():
    curve = pd.DataFrame({"x": range(5000)})
    thin = threshold.thinned(curve)
    assert len(thin) == 400 and list(thin["x"].iloc[[0, -1]]) == [0, 4999]


def test_a_network_no_better_than_a_histogram_is_called_so():
    audited = {"histogram": {"auc": {"value": 0.95, "low": 0.9, "high": 0.97}}}
    metrics = {"auc": {"value": 0.93, "low": 0.9, "high": 0.95}}
    nothing = Evaluation(model="", sha256="", threshold=0.5, bootstrap=Bootstrap(n=10))
    found = replace(
        nothing,
        sets={"test": SetFigures(n=4, positives=2, metrics=metrics)},
        audit=Audit(baselines=audited),
    )
    assert "proves nothing" in audit.baseline_sentence(audit.baseline_table(found))
    assert audit.baseline_sentence(audit.baseline_table(nothing)) == ""


def test_only_measures_with_several_names_are_compared():
    table = pd.DataFrame(
        {"name": ["a", "b", "a"], "metric": ["auc", "auc", "n"], "value": [0.5, 0.6, 300]}
    )
    assert list(audit.comparable(table)["metric"]) == ["auc", "auc"]


def test_single_explanation_figures_are_gathered():
    found = explanations.sections({"deletion": {"a": 1}, "ratio": {"value": 2}, "n": 3})
    assert set(found) == {"deletion", "other figures"}
    assert "hottest" in explanations.meaning("deletion")
