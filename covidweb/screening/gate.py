"""The gate: is this a frontal chest film that the model may be asked about at all?

Each check gives a Finding with its figure and its limit. Films that fail one are not assessed.
"""

import json
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from covidweb.bundle import Bundle
from covidweb.radiograph import Radiograph
from covidweb.screening.regions import Lungs
from covidweb.screening.result import Finding

MAX_CHROMA = 0.05
"""Mean spread of red, green and blue; scanned and tinted films stay below, photographs do not."""

MIN_CONTRAST = 0.04
"""Standard deviation of the grey levels (0..1); nearly blank films fall below."""

MAX_ASPECT = 2.2
"""Longer side over shorter side of the film."""

MAX_INVERSION = 0.06
"""How much brighter (0..1) the lungs may be than the tissue around them."""

LATERAL_VIEWS = ("L", "LL", "RL", "LATERAL", "LLAT", "RLAT")


@dataclass(frozen=True, eq=False)
class Gate:
    """Limits, and the training films' place in feature space where the bundle tells it.

    Attributes:
        mean: float64 (C,) of the pooled features on training films, or None.
        precision: float64 (C, C), inverse of their shrunk covariance (Ledoit and Wolf, 2004).
        limit: largest squared Mahalanobis distance that passes, per feature.
    """

    mean: np.ndarray | None = None
    precision: np.ndarray | None = None
    limit: float | None = None

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "Gate":
        """Read the card's `gate` section and the file it names; without one, no distance check."""
        section = bundle.card.gate
        if section is None:
            return cls()
        values = json.loads(bundle.weights(section.file).read_text(encoding="utf-8"))
        return cls(np.asarray(values["mean"]), np.asarray(values["precision"]), section.limit)

    def check(
        self, film: Radiograph, lungs: Lungs | None, features: np.ndarray | None
    ) -> tuple[Finding, ...]:
        """Return one finding per check, in the order a reader would ask.

        Args:
            film: the film.
            lungs: what the lung network found, or None where there is none.
            features: float32 (C,) of the classifier, or None.
        """
        found = [_colour(film), _contrast(film), _aspect(film), _view(film)]
        if lungs is not None:
            found.append(_lungs(lungs))
            if lungs.plausible:
                found.append(_inverted(film, lungs))
        if features is not None and self.mean is not None:
            found.append(self._distance(features))
        return tuple(found)

    def distance(self, features: np.ndarray) -> float:
        """Return the squared Mahalanobis distance per feature; about 1 for a training film."""
        if self.mean is None or self.precision is None:
            raise ValueError("This bundle's card has no gate, so there is no distance.")
        offset = np.asarray(features, np.float64) - self.mean
        return float(offset @ self.precision @ offset) / len(offset)

    def _distance(self, features: np.ndarray) -> Finding:
        value = self.distance(features)
        passed = self.limit is None or value <= self.limit
        message = (
            "It looks like the films the model learned from."
            if passed
            else "It looks unlike every film the model learned from."
        )
        return Finding("familiar", passed, message, value, self.limit)


def _colour(film: Radiograph) -> Finding:
    passed = film.chroma <= MAX_CHROMA
    message = (
        "The picture is grey, as a film is."
        if passed
        else "This is a colour picture, not a radiograph."
    )
    return Finding("grey", passed, message, film.chroma, MAX_CHROMA)


def _contrast(film: Radiograph) -> Finding:
    value = _spread(film.pixels)
    passed = value >= MIN_CONTRAST
    message = (
        "There is enough contrast to read."
        if passed
        else "The film is nearly blank: almost all of it has the same grey level."
    )
    return Finding("contrast", passed, message, value, MIN_CONTRAST)


def _aspect(film: Radiograph) -> Finding:
    height, width = film.pixels.shape
    value = max(height, width) / min(height, width)
    passed = value <= MAX_ASPECT
    message = (
        "Its proportions are a chest film's."
        if passed
        else f"One side is {value:.1f} times the other; a chest film is nearly square."
    )
    return Finding("proportions", passed, message, value, MAX_ASPECT)


def _view(film: Radiograph) -> Finding:
    lateral = (film.view or "").upper() in LATERAL_VIEWS
    message = (
        "The file says that this is a lateral view; only frontal films (PA or AP) are assessed."
        if lateral
        else "Nothing in the file says that it is not a frontal view."
    )
    return Finding("frontal", not lateral, message)


def _lungs(lungs: Lungs) -> Finding:
    message = (
        lungs.note or "Two lungs were found where a frontal chest film has them."
        if lungs.plausible
        else f"No frontal pair of lungs was found. {lungs.note}".strip()
    )
    return Finding("lungs", lungs.plausible, message, float(lungs.mask.mean()))


def _inverted(film: Radiograph, lungs: Lungs) -> Finding:
    value = lung_brightness(film, lungs)
    passed = value <= MAX_INVERSION
    message = (
        "The lungs are darker than the tissue around them."
        if passed
        else "The lungs are brighter than the tissue around them: the film seems inverted "
        "(black bones). Invert it and try again."
    )
    return Finding("polarity", passed, message, value, MAX_INVERSION)


def lung_brightness(film: Radiograph, lungs: Lungs) -> float:
    """Return the lungs' mean grey level less that of the ring around them, -1..1.

    The ring is what lies within a tenth of the film's width of the lungs and between them.
    """
    mask = lungs.mask
    side = mask.shape[0]
    rows = np.linspace(0, film.pixels.shape[0] - 1, side).astype(int)
    columns = np.linspace(0, film.pixels.shape[1] - 1, side).astype(int)
    small = film.pixels[np.ix_(rows, columns)]
    away = ndimage.distance_transform_cdt(~mask, "taxicab")
    ring = (away > 0) & (away <= max(1, side // 10))
    return float(small[mask].mean() - small[ring].mean()) if ring.any() else 0.0


def _spread(pixels: np.ndarray) -> float:
    """Return the standard deviation of grey levels, without a copy of the film on the way."""
    levels = pixels.ravel()
    variance = float(np.dot(levels, levels)) / levels.size - float(levels.mean()) ** 2
    return max(0.0, variance) ** 0.5
