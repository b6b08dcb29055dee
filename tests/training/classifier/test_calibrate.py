"""Temperature, threshold and the band of doubt."""

import numpy as np
import pytest

from covidweb.training.classifier import calibrate
from covidweb.training.classifier.calibrate import (
    CHILDREN,
    DOUBT,
    DRAWS,
    GRID,
    Operating,
    Place,
    operating_point,
)


def place(shift: float, seed: int, count: int = 800) -> Place:
    rng = np.random.default_rng(seed)
    return Place(rng.normal(2 + shift, 2, count), rng.normal(-2 + shift, 2, count))


def check_it_means_what_it_says(point: Operating, fresh: Place) -> None:
    scores = point.calibration.probability(np.concatenate([fresh.sick, fresh.well]))
    truth = np.repeat([1.0, 0.0], [len(fresh.sick), len(fresh.well)])
    for low in (0.0, 0.25, 0.5, 0.75):
        chosen = (scores >= low) & (scores < low + 0.25)
        assert truth[chosen].mean() == pytest.approx(scores[chosen].mean(), abs=0.05)


def test_probabilities_mean_what_they_say() -> None:
    point = operating_point({"inside": place(0, 0), "a-b": place(0, 1)}, np.array([]))
    check_it_means_what_it_says(point, place(0, 2, 4000))


def test_sources_left_out_move_the_threshold() -> None:
    near = operating_point({"inside": place(0, 0), "a-b": place(0, 1)}, np.array([]))
    far = operating_point({"inside": place(0, 0), "a-b": place(3, 1)}, np.array([]))
    cut = [p.threshold for p in (near, far)]
    logits = [
        np.log(t / (1 - t)) * p.calibration.temperature - p.calibration.bias
        for t, p in zip(cut, (near, far), strict=True)
    ]
    assert logits[1] > logits[0] + 0.5


def test_healthy_children_hold_the_threshold_up() -> None:
    children = np.random.default_rng(3).normal(1.5, 1, 300)
    places = {"inside": place(0, 0)}
    point = operating_point(places, children)
    assert np.mean(point.calibration.probability(children) >= point.threshold) <= CHILDREN
    assert point.threshold > operating_point(places, np.array([])).threshold


def test_the_band_holds_its_share_around_the_threshold() -> None:
    places = {"inside": place(0, 0)}
    point = operating_point(places, np.array([]))
    low, high = point.band
    scores = point.calibration.probability(
        np.concatenate([places["inside"].sick, places["inside"].well])
    )
    assert low < point.threshold < high
    assert np.mean((scores > low) & (scores < high)) == pytest.approx(DOUBT, abs=0.02)


def test_the_interval_belongs_to_the_probability() -> None:
    point = operating_point({"inside": place(0, 0), "a-b": place(0.3, 1)}, np.array([]))
    interval = point.calibration.interval
    assert interval is not None
    for probability in (0.03, 0.2, 0.5, 0.8, 0.97):
        low, value, high = interval.at(probability)
        assert low <= value <= high and value == pytest.approx(probability, abs=0.01)
    assert 0.01 < np.subtract(*interval.at(0.5)[::-2]) < 0.5


def test_the_interval_holds_the_middle_95_percent_of_the_curves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Draw number k gives the curve that says k / 199 everywhere."""
    said = iter(np.arange(DRAWS) / (DRAWS - 1))
    monkeypatch.setattr(calibrate, "_curve", lambda *_: np.full(len(GRID), next(said)))
    interval = operating_point({"inside": place(0, 0)}, np.array([])).calibration.interval
    assert interval is not None
    assert interval.at(0.5) == pytest.approx((0.025, 0.5, 0.975), abs=1e-4)


def test_films_elsewhere_say_how_often_a_score_is_covid() -> None:
    places = {"inside": place(0, 0), "a-b": place(2, 1), "a-c": place(-2, 2)}
    point = operating_point(places, np.array([]))
    assert point.elsewhere is not None
    scores = {
        name: point.calibration.probability(np.concatenate([p.sick, p.well]))
        for name, p in places.items()
    }
    low, value, high = point.elsewhere.at(0.5)
    shares = []
    for name in ("a-b", "a-c"):
        near = np.abs(scores[name] - 0.5) < 0.1
        shares.append(np.repeat([1, 0], 800)[near].mean())
    assert (low, high) == pytest.approx((min(shares), max(shares)), abs=0.08)
    assert low < value < high
    assert operating_point({"inside": place(0, 0)}, np.array([])).elsewhere is None


def test_probabilities_hold_at_places_left_out_and_not_where_was_learned_from() -> None:
    """Logits twice as far apart inside as elsewhere: the flatter curve is the reader's."""
    inside = place(0, 0)
    places = {"inside": Place(2 * inside.sick, 2 * inside.well), "a-b": place(1, 1)}
    point = operating_point(places, np.array([]))
    check_it_means_what_it_says(point, place(1, 2, 4000))
