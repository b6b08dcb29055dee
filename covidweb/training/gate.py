"""Where the learned films lie in feature space, so that others can be turned away."""

from typing import Any

import numpy as np

QUANTILE = 0.99
"""Share of validation films that the distance check lets pass."""

FILE = "gate.json"


def fit_gate(learned: np.ndarray, validation: np.ndarray) -> tuple[dict[str, Any], float]:
    """Fit one cloud to all learned films, whatever their class.

    Args:
        learned: features float (N, C) of training films.
        validation: features float (M, C) of validation films.

    Returns:
        `mean` (C,) and `precision` (C, C) as lists, of a covariance shrunk as by Ledoit and Wolf
        (2004), and the limit on the squared Mahalanobis distance per feature.
    """
    from sklearn.covariance import LedoitWolf

    cloud = LedoitWolf().fit(np.asarray(learned, np.float64))
    values = {"mean": _short(cloud.location_), "precision": _short(cloud.precision_)}
    limit = float(np.quantile(distances(validation, values), QUANTILE))
    return values, limit


def distances(features: np.ndarray, values: dict[str, Any]) -> np.ndarray:
    """Return squared Mahalanobis distances per feature (N,) of features (N, C)."""
    offset = np.asarray(features, np.float64) - np.asarray(values["mean"])
    precision = np.asarray(values["precision"])
    return np.einsum("ni,ij,nj->n", offset, precision, offset) / offset.shape[1]


def _short(values: np.ndarray) -> list:
    """Round to seven significant digits, which keeps the file small."""
    with np.errstate(divide="ignore"):
        digits = 6 - np.floor(
            np.log10(np.abs(values), where=values != 0, out=np.zeros_like(values))
        )
    scale = 10.0**digits
    return (np.round(values * scale) / scale).tolist()
