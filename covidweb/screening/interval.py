"""How sure is the probability itself? The interval that the calibration's own films leave it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

DRAWS = 200
_PERCENTILES = (2.5, 97.5)
_FAR = 12.0


@dataclass(frozen=True, eq=False)
class Curves:
    """Logistic curves from a score's log odds to truth: slope and offset of each, (B,)."""

    slope: np.ndarray
    offset: np.ndarray

    def interval(self, probability: float) -> tuple[float, float]:
        """Return the 95 % interval, in 0..1, of a calibrated probability, which it holds."""
        found = expit(self.slope * _logit(probability) + self.offset)
        low, high = np.percentile(found, _PERCENTILES)
        return float(min(low, probability)), float(max(high, probability))


def calibration_curves(
    labels: ArrayLike, scores: ArrayLike, groups: ArrayLike, n: int = DRAWS, seed: int = 0
) -> Curves | None:
    """Fit the calibration again and again on whole groups drawn with replacement (Platt 1999).

    Args:
        labels: 0/1 (N,), of the films that the calibration was chosen on.
        scores: their calibrated probabilities (N,).
        groups: one name per film (N,).
        n: bootstrap draws; one without films of both classes gives no curve.
        seed: of the draws.

    Returns:
        What the draws say; None without films of both classes.
    """
    truth, logits = np.asarray(labels, bool), _logit(np.asarray(scores, float))
    if not len(truth) or truth.min() == truth.max():
        return None
    names, index = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n)[:, index]
    both = (drawn[:, truth].sum(axis=1) > 0) & (drawn[:, ~truth].sum(axis=1) > 0)
    if not both.any():
        return None
    slope, offset = np.transpose([_fit(truth, logits, weights) for weights in drawn[both]])
    return Curves(slope, offset)


def _fit(truth: np.ndarray, x: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return slope and offset; a pinch of ridge keeps separable scores finite."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0, solver="newton-cholesky")
    model.fit(x[:, None], truth, weights)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _logit(p: ArrayLike) -> np.ndarray:
    return np.asarray(np.clip(logit(p), -_FAR, _FAR))
