"""How sure is the probability itself? The interval that the calibration's own films leave it."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

DRAWS = 200
_STEPS = 12
_RIDGE = 1e-2
_FAR = 12.0


def probability_interval(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
    probability: float,
    n: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Return the 95 % interval of a calibrated probability.

    A logistic curve from score to truth (Platt 1999) is fitted again and again on whole groups
    drawn with replacement; the interval holds what these curves say about films with this score.

    Args:
        labels: 0/1 (N,), of the films that the calibration was chosen on.
        scores: their calibrated probabilities (N,).
        groups: one name per film (N,).
        probability: of the film in question, 0..1.
        n: bootstrap draws.
        seed: of the draws.

    Returns:
        Low and high in 0..1, around `probability`; None without films of both classes.
    """
    truth, logits = np.asarray(labels, float), _logit(np.asarray(scores, float))
    if not len(truth) or truth.min() == truth.max():
        return None
    names, index = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n)[:, index]
    slope, offset = _fit(truth, logits, drawn.astype(float))
    found = expit(slope * _logit(np.asarray(probability)) + offset)
    low, high = np.percentile(found, (2.5, 97.5))
    return float(min(low, probability)), float(max(high, probability))


def _fit(truth: np.ndarray, x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit one logistic curve per row of weights (B, N) by Newton's method, lightly held to 1, 0."""
    slope, offset = np.ones(len(weights)), np.zeros(len(weights))
    for _ in range(_STEPS):
        p = expit(np.clip(slope[:, None] * x + offset[:, None], -30, 30))
        gap, curve = weights * (p - truth), weights * p * (1 - p)
        g1, g0 = gap @ x + _RIDGE * (slope - 1), gap.sum(axis=1) + _RIDGE * offset
        h11, h01 = curve @ x**2 + _RIDGE, curve @ x
        h00 = curve.sum(axis=1) + _RIDGE
        det = np.maximum(h11 * h00 - h01**2, 1e-9)
        slope = slope - np.clip((h00 * g1 - h01 * g0) / det, -1, 1)
        offset = offset - np.clip((h11 * g0 - h01 * g1) / det, -1, 1)
    return slope, offset


def _logit(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(np.log(p) - np.log1p(-p), -_FAR, _FAR))
