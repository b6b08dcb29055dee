"""From logits to a probability, a threshold and a band of doubt, by rules that are written down.

Validation films come from hospitals that were learned from, so they flatter. Half of every choice
here is made on films of sources that the COVID head was fitted without (leave one source out).
Children are no negatives for COVID-19 in training; here they limit the threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from covidweb.training.classifier.head import logistic

CHILDREN = 0.10
"""Largest share of healthy children that may be called COVID-19 at the threshold."""

DOUBT = 0.15
"""Share of the films that the uncertain band takes in, half below and half above the threshold."""

RULE = (
    "The threshold with the best mean of sensitivity and specificity, averaged over places: the "
    "validation split, and every pair of a COVID-19 source and a normal source scored by a head "
    f"fitted without both; raised where needed so that at most {CHILDREN:.0%} of the healthy "
    "children of the validation split are called COVID-19. The uncertain band holds the "
    f"{DOUBT:.0%} of those films that are nearest to it, half on either side."
)


@dataclass(frozen=True, eq=False)
class Place:
    """Logits of one place's COVID-19 films and normal films."""

    sick: np.ndarray
    well: np.ndarray


@dataclass(frozen=True)
class Operating:
    """What the card says: probability = sigmoid((logit + bias) / temperature)."""

    temperature: float
    bias: float
    threshold: float
    band: tuple[float, float]

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities of logits (N,)."""
        return 1 / (1 + np.exp(-(np.asarray(logits, np.float64) + self.bias) / self.temperature))


def operating_point(places: Mapping[str, Place], children: np.ndarray) -> Operating:
    """Choose temperature, bias, threshold and band.

    Args:
        places: logits by place; `inside` is the validation split, the others were left out.
        children: logits of healthy children.
    """
    logits, truth, weights = _joined(places)
    slope, shift = logistic(logits, truth, weights)
    scale = Operating(1 / slope, shift / slope, 0.5, (0.5, 0.5))
    threshold = _threshold(
        {k: Place(scale.probability(p.sick), scale.probability(p.well)) for k, p in places.items()},
        scale.probability(children),
    )
    band = _band(scale.probability(logits), weights, threshold)
    return Operating(scale.temperature, scale.bias, threshold, band)


def _joined(places: Mapping[str, Place]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return logits, truth and weights: inside weighs half, classes weigh the same."""
    logits, truth, weights = [], [], []
    outside = max(1, len(places) - 1)
    for name, place in places.items():
        share = 0.5 if name == "inside" else 0.5 / outside
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
    return (sensitivity + np.mean(place.well[:, None] < tried, axis=0)) / 2


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
