"""Where the learned films lie in feature space, so that others can be turned away."""

from typing import Any

import numpy as np

from covidweb.screening.gate import mahalanobis

QUANTILE = 0.99
"""Share of the films of a source the cloud never saw that the distance check lets pass."""

RULE = (
    "The distance is measured in what the cells look like whether or not they look opaque, so that "
    "a very sick lung is not strange for that. "
    "99 % of the validation films pass, and 99 % of the films of every training source when it is "
    "left out of the cloud: a new hospital is no reason to turn a film away."
)

FILE = "gate.json"


def fit_gate(
    learned: np.ndarray, sources: np.ndarray, validation: np.ndarray
) -> tuple[dict[str, Any], float]:
    """Fit one cloud to all learned films, whatever their class.

    Args:
        learned: features float (N, C) of training films.
        sources: (N,) where they came from.
        validation: features float (M, C) of validation films.

    Returns:
        `mean` (C,) and `precision` (C, C) as lists, and the limit on the squared Mahalanobis
        distance per feature: see `RULE`.
    """
    values = _cloud(learned)
    reached = [np.quantile(distances(validation, values), QUANTILE)]
    for source in np.unique(sources):
        own = sources == source
        if not own.all():
            others = _cloud(learned[~own])
            reached.append(np.quantile(distances(learned[own], others), QUANTILE))
    return values, float(max(reached))


def _cloud(features: np.ndarray) -> dict[str, Any]:
    """Return mean and precision of a covariance shrunk as by Ledoit and Wolf (2004)."""
    from sklearn.covariance import LedoitWolf

    cloud = LedoitWolf().fit(np.asarray(features, np.float64))
    return {"mean": _short(cloud.location_), "precision": _short(cloud.precision_)}


def distances(features: np.ndarray, values: dict[str, Any]) -> np.ndarray:
    """Return squared Mahalanobis distances per feature (N,) of features (N, C)."""
    return mahalanobis(features, np.asarray(values["mean"]), np.asarray(values["precision"]))


def _short(values: np.ndarray) -> list[Any]:
    """Round to seven significant digits, which keeps the file small."""
    with np.errstate(divide="ignore"):
        digits = 6 - np.floor(
            np.log10(np.abs(values), where=values != 0, out=np.zeros_like(values))
        )
    scale = 10.0**digits
    return list((np.round(values * scale) / scale).tolist())
