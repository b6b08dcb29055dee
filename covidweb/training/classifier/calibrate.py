"""From logits to a probability, a threshold and a band of doubt, by rules that are written down.

Validation films come from hospitals that were learned from, so they flatter. Half of the choice of
threshold and band is made on films of sources that the COVID head was fitted without (leave one
source out), and the calibration on those alone: a reader's hospital was not learned from, either.
Healthy children are hardly negatives for COVID-19 in training; here they limit the threshold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from covidweb.bundle.card import Calibration, Curve
from covidweb.training.classifier.head import logistic

CHILDREN = 0.10
"""Largest share of healthy children that may be called COVID-19 at the threshold."""

DOUBT = 0.15
"""Share of the films that the uncertain band takes in, half below and half above the threshold."""

DRAWS = 200
"""Of the bootstrap that gives a probability its interval."""

GRID = tuple(round(float(p), 4) for p in expit(np.linspace(-6, 6, 25)))
"""Calibrated probabilities at which the curves are kept."""

RULE = (
    "The threshold with the best mean of sensitivity and specificity, averaged over places: the "
    "validation split, and every pair of a COVID-19 source and a normal source scored by a head "
    f"fitted without both; raised where needed so that at most {CHILDREN:.0%} of the healthy "
    "children of the validation split are called COVID-19. The uncertain band holds the "
    f"{DOUBT:.0%} of those films that are nearest to it, half on either side."
)
INTERVAL_RULE = (
    "The calibration is fitted on pairs of a COVID-19 source and a normal source, scored by heads "
    "fitted without both, half of all films being COVID-19; the interval is the middle 95 % of "
    f"{DRAWS} fits on pairs drawn with replacement, and films within them."
)
ELSEWHERE_RULE = (
    "For every pair of a COVID-19 source and a normal source, scored by a head fitted without "
    "both, the share of COVID-19 among films with this score, half of all films being COVID-19: "
    "the mean over the pairs, and from the lowest pair to the highest."
)


@dataclass(frozen=True, eq=False)
class Place:
    """Logits of one place's COVID-19 films and normal films."""

    sick: np.ndarray
    well: np.ndarray


@dataclass(frozen=True)
class Operating:
    """What the card says of how the network answers.

    Attributes:
        calibration: with the interval that its own films leave it.
        threshold: on the probability. band: of doubt around it.
        elsewhere: how often a film with a probability is COVID-19 at a place never seen.
    """

    calibration: Calibration
    threshold: float
    band: tuple[float, float]
    elsewhere: Curve | None = None


def operating_point(places: Mapping[str, Place], children: np.ndarray) -> Operating:
    """Choose calibration, threshold and band.

    Args:
        places: logits by place; `inside` is the validation split, the others were left out.
        children: logits of healthy children.
    """
    unseen = {name: place for name, place in places.items() if name != "inside"}
    fitted = unseen or places
    slope, shift = logistic(*_joined(fitted))
    scale = Calibration(temperature=1 / slope, bias=shift / slope)
    threshold = _threshold(
        {k: Place(scale.probability(p.sick), scale.probability(p.well)) for k, p in places.items()},
        scale.probability(children),
    )
    logits, _, weights = _joined(places)
    band = _band(scale.probability(logits), weights, threshold)
    whole = Calibration(
        temperature=scale.temperature, bias=scale.bias, interval=_interval(fitted, scale)
    )
    return Operating(whole, threshold, band, _elsewhere(unseen, scale))


def _interval(places: Mapping[str, Place], scale: Calibration) -> Curve:
    drawn = [_curve(logistic(*_joined(one)), scale) for one in _resampled(places)]
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    return _kept(np.minimum(low, GRID), np.asarray(GRID), np.maximum(high, GRID), INTERVAL_RULE)


def _elsewhere(unseen: Mapping[str, Place], scale: Calibration) -> Curve | None:
    if not unseen:
        return None
    found = [_curve(logistic(*_joined({name: place})), scale) for name, place in unseen.items()]
    return _kept(np.min(found, 0), np.mean(found, 0), np.max(found, 0), ELSEWHERE_RULE)


def _curve(fitted: tuple[float, float], scale: Calibration) -> np.ndarray:
    """Return what a logistic curve on logits says where the calibration says `GRID`."""
    slope, shift = fitted
    logits = logit(np.asarray(GRID)) * scale.temperature - scale.bias
    return np.asarray(expit(slope * logits + shift))


def _kept(low: np.ndarray, value: np.ndarray, high: np.ndarray, rule: str) -> Curve:
    lows, values, highs = (tuple(np.round(v, 4).tolist()) for v in (low, value, high))
    return Curve(probability=GRID, value=values, low=lows, high=highs, rule=rule)


def _resampled(places: Mapping[str, Place]) -> Iterator[dict[str, Place]]:
    rng = np.random.default_rng(0)
    for _ in range(DRAWS):
        yield {
            f"{name} {i}": Place(
                rng.choice(places[name].sick, len(places[name].sick)),
                rng.choice(places[name].well, len(places[name].well)),
            )
            for i, name in enumerate(rng.choice(list(places), len(places)))
        }


def _joined(places: Mapping[str, Place]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return logits, truth and weights: inside weighs as all others, classes weigh the same."""
    logits, truth, weights = [], [], []
    others = len(places) - ("inside" in places)
    for name, place in places.items():
        share = 1.0 if name == "inside" else 1.0 / others
        for values, sick in ((place.sick, True), (place.well, False)):
            logits.append(values)
            truth.append(np.full(len(values), sick))
            weights.append(np.full(len(values), share / max(1, len(values))))
    return np.concatenate(logits), np.concatenate(truth), np.concatenate(weights)


def _threshold(places: Mapping[str, Place], children: np.ndarray) -> float:
    tried = np.linspace(0.02, 0.98, 193)
    inside = _balanced(places["inside"], tried)
    others = [_balanced(place, tried) for name, place in places.items() if name != "inside"]
    merit = (inside + np.mean(others, axis=0)) / 2 if others else inside
    called = np.mean(children[:, None] >= tried, axis=0) if len(children) else np.zeros(len(tried))
    allowed = called <= CHILDREN
    merit = np.where(allowed, merit, -1.0) if allowed.any() else merit
    # The middle of a plateau, where a few films more or less change nothing.
    best = tried[merit >= merit.max() - 0.002]
    return round(float(np.median(best)), 4)


def _balanced(place: Place, tried: np.ndarray) -> np.ndarray:
    sensitivity = np.mean(place.sick[:, None] >= tried, axis=0)
    return np.asarray((sensitivity + np.mean(place.well[:, None] < tried, axis=0)) / 2)


def _band(scores: np.ndarray, weights: np.ndarray, threshold: float) -> tuple[float, float]:
    def edge(chosen: np.ndarray) -> float:
        order = np.argsort(np.abs(scores[chosen] - threshold))
        shares = np.cumsum(weights[chosen][order]) / weights.sum()
        last = min(int(np.searchsorted(shares, DOUBT / 2)), len(order) - 1)
        return float(scores[chosen][order][last])

    below, above = scores < threshold, scores >= threshold
    low = edge(below) if below.any() else threshold
    high = edge(above) if above.any() else threshold
    return round(low, 4), round(high, 4)
