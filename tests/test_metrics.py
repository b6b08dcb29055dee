import numpy as np
import pytest
from sklearn import metrics as reference

from covidweb import metrics


@pytest.fixture
def sample():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(300), 3)
    labels = np.repeat(rng.random(300) < 0.4, 3)
    scores = np.clip(rng.normal(0.4 + 0.25 * labels, 0.2), 0, 1).round(2)
    return labels, scores, groups


def test_curves_and_areas_are_those_of_scikit_learn(sample):
    labels, scores, _ = sample
    assert metrics.auc(labels, scores) == pytest.approx(reference.roc_auc_score(labels, scores))
    fpr, tpr, cuts = reference.roc_curve(labels, scores, drop_intermediate=False)
    curve = metrics.roc(labels, scores)
    np.testing.assert_allclose(curve["fpr"], fpr)
    np.testing.assert_allclose(curve["tpr"], tpr)
    np.testing.assert_allclose(curve["threshold"], cuts)
    precision, recall, _ = reference.precision_recall_curve(labels, scores)
    ours = metrics.precision_recall(labels, scores)
    np.testing.assert_allclose(ours["precision"][::-1], precision)
    np.testing.assert_allclose(ours["recall"][::-1], recall)


def test_confusion_and_brier_are_those_of_scikit_learn(sample):
    labels, scores, _ = sample
    found = metrics.at_threshold(labels, scores, 0.5)
    (tn, fp), (fn, tp) = reference.confusion_matrix(labels, scores >= 0.5)
    assert (found["tn"], found["fp"], found["fn"], found["tp"]) == (tn, fp, fn, tp)
    assert found["sensitivity"] == pytest.approx(tp / (tp + fn))
    brier = metrics.reliability(labels, scores)["brier"]
    assert brier == pytest.approx(reference.brier_score_loss(labels, scores))


def test_interval_holds_the_value_and_repeats_with_its_seed(sample):
    first = metrics.auc_interval(*sample)
    assert first["low"] < first["value"] < first["high"]
    assert metrics.auc_interval(*sample) == first
    assert metrics.auc_interval(*sample, seed=1) != first


def test_interval_is_the_slow_bootstrap_of_the_same_draws(sample):
    labels, scores, groups = sample
    slow = metrics.bootstrap(lambda i: reference.roc_auc_score(labels[i], scores[i]), groups, n=60)
    assert metrics.auc_interval(labels, scores, groups, n=60) == pytest.approx(slow)
    accuracy = metrics.bootstrap(lambda i: float(((scores >= 0.5) == labels)[i].mean()), groups, 60)
    table = metrics.metrics_table(labels, scores, groups, 0.5, n=60)
    assert table["accuracy"] == pytest.approx(accuracy)


def test_the_interval_holds_the_middle_95_percent_of_the_draws():
    values, groups = np.linspace(0, 1, 40) ** 2, [f"{i:02d}" for i in range(40)]
    found = metrics.bootstrap(lambda films: float(values[films].mean()), groups, n=400, seed=3)
    drawn = np.random.default_rng(3).multinomial(40, np.full(40, 1 / 40), 400) @ values / 40
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert found == pytest.approx({"value": values.mean(), "low": low, "high": high})


def test_groups_widen_the_interval(sample):
    labels, scores, groups = sample
    scores = np.repeat(scores[::3], 3)
    alone = metrics.auc_interval(labels, scores, np.arange(len(labels)))
    grouped = metrics.auc_interval(labels, scores, groups)
    assert grouped["high"] - grouped["low"] > 1.3 * (alone["high"] - alone["low"])


def test_table_has_every_name_and_null_where_a_class_is_missing(sample):
    labels, scores, groups = sample
    assert tuple(metrics.metrics_table(*sample, 0.5, n=20)) == metrics.metric_names()
    table = metrics.metrics_table(np.ones_like(labels), scores, groups, 0.5, n=20)
    assert table["auc"] is None and table["specificity"] is None and table["ppv_5"] is None
    assert table["sensitivity"]["value"] == pytest.approx((scores >= 0.5).mean())
    assert set(metrics.metrics_table([], [], [], 0.5).values()) == {None}


def test_table_values_agree_with_the_single_functions(sample):
    labels, scores, groups = sample
    table = metrics.metrics_table(labels, scores, groups, 0.45, n=20)
    found = metrics.at_threshold(labels, scores, 0.45)
    assert table["sensitivity"]["value"] == pytest.approx(found["sensitivity"])
    assert table["ece"]["value"] == pytest.approx(metrics.reliability(labels, scores)["ece"])


def test_predictive_values_follow_bayes():
    labels = np.repeat([True, False], 10)
    scores = np.repeat([0.9, 0.1, 0.9, 0.1], [9, 1, 2, 8])
    table = metrics.rates_table(labels, scores, np.arange(20), 0.5, 20, prevalence=0.1)
    assert table["ppv"]["value"] == table["ppv_10"]["value"] == pytest.approx(0.09 / 0.27)
    assert table["npv"]["value"] == table["npv_10"]["value"] == pytest.approx(0.72 / 0.73)
    assert metrics.rates_table(labels, scores * 0, np.arange(20), 0.5, 20)["ppv_5"] is None


def test_calibration_of_perfect_and_of_wrong_scores():
    labels = np.arange(1000) % 10 == 0
    assert metrics.reliability(labels, np.full(1000, 0.1))["ece"] == pytest.approx(0)
    off = metrics.reliability(labels, np.full(1000, 0.6))
    assert off["ece"] == pytest.approx(0.5)
    assert off["bins"] == [pytest.approx({"mean": 0.6, "rate": 0.1, "n": 1000})]
    assert metrics.reliability([], [])["bins"] == []


def test_decision_curve_by_hand():
    labels, scores = [1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]
    curve = metrics.decision_curve(labels, scores, cuts=[0.5])
    assert curve["model"] == pytest.approx([1 / 4 - 1 / 4])
    assert curve["all"] == pytest.approx([0.0])
    rare = metrics.decision_curve(labels, scores, prevalence=0.1, cuts=[0.2])
    assert rare["model"] == pytest.approx([0.1 - 0.5 * 0.9 * 0.25])


def test_lengths_must_match():
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(1,\)"):
        metrics.auc([0, 1], [0.5])
