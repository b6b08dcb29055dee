import numpy as np
import pytest

from covidweb.screening.interval import Curves, calibration_curves


def probability_interval(labels, scores, groups, probability, n=60):
    curves = calibration_curves(labels, scores, groups, n)
    return None if curves is None else curves.interval(probability)


def drawn(n, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.02, 0.98, n)
    return rng.uniform(size=n) < scores, scores, np.arange(n)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_it_holds_the_probability_and_shrinks_with_more_films(probability):
    few = probability_interval(*drawn(100), probability)
    many = probability_interval(*drawn(2000), probability)
    for low, high in (few, many):
        assert 0 <= low <= probability <= high <= 1
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_films_of_one_patient_count_once():
    labels, scores, _ = drawn(400)
    single = probability_interval(labels, scores, np.arange(400), 0.5)
    grouped = probability_interval(
        np.repeat(labels[:40], 10), np.repeat(scores[:40], 10), np.repeat(np.arange(40), 10), 0.5
    )
    assert grouped[1] - grouped[0] > 2 * (single[1] - single[0])


def test_it_covers_the_rate_behind_scores_that_are_off_by_a_known_amount():
    covered = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scores = rng.uniform(0.02, 0.98, 300)
        logit = np.log(scores / (1 - scores))
        labels = rng.uniform(size=300) < 1 / (1 + np.exp(-(logit + 0.8)))
        low, high = probability_interval(labels, scores, np.arange(300), 0.5)
        covered += low <= 1 / (1 + np.exp(-0.8)) <= high
    assert covered >= 26


def test_scores_of_zero_and_one_and_perfect_separation_stay_finite():
    labels, scores = np.array([0, 0, 1, 1]), np.array([0.0, 0.1, 0.9, 1.0])
    low, high = probability_interval(labels, scores, np.arange(4), 1.0)
    assert 0 <= low <= high <= 1


def test_one_class_gives_none():
    assert probability_interval([1, 1], [0.5, 0.6], ["a", "b"], 0.5) is None
    assert probability_interval([], [], [], 0.5) is None


def test_a_curve_is_the_logistic_fit_of_its_draw():
    labels, scores, _ = drawn(3000)
    curves = calibration_curves(labels, scores, np.zeros(3000), n=3)
    assert curves.slope == pytest.approx([1, 1, 1], abs=0.1)
    assert curves.slope.std() < 1e-9 and curves.offset == pytest.approx([0, 0, 0], abs=0.15)


def test_the_interval_holds_the_middle_95_percent_of_the_curves():
    """Curve number k says k / 1000 whatever the score."""
    found = np.arange(1, 1000) / 1000
    curves = Curves(np.zeros(999), np.log(found / (1 - found)))
    assert curves.interval(0.5) == pytest.approx((0.02595, 0.97405), abs=1e-6)
