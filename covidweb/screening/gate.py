"""The gate: is this a frontal chest film that the model may be asked about at all?

Each check gives a Finding with its figure and its limit. Films that fail one are not assessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from covidweb.bundle import Bundle
from covidweb.networks.standard import Box, lung_box
from covidweb.radiograph import Radiograph
from covidweb.radiograph.views import FRONTAL, VIEWS
from covidweb.screening.regions import NOTHING, Lungs
from covidweb.screening.result import Finding

MAX_CHROMA = 0.05
"""Mean spread of red, green and blue; scanned and tinted films stay below, photographs do not."""

MIN_CONTRAST = 0.04
"""Standard deviation of the grey levels (0..1) around the lungs; nearly blank films fall below."""

MAX_ASPECT = 2.2
"""Longer side over shorter side of the film."""

MIN_LEVELS = 6.0
"""Grey levels that a film uses (see `grey_levels`); 589 real films used 63 at least."""

_LOOKED_AT = 256
"""Rows and columns, of a larger film, that grey levels are counted on; fewer than twice as many."""

MAX_INVERSION = 0.02
"""How much brighter (0..1) the darker lung may be than what lies between the lungs.

Of 300 real films none went above -0.05; of the same films inverted, 98 % did.
"""

TEXT = "text"
"""Name of the finding about burnt-in text."""

CENTRE = (0.15, 0.15, 0.85, 0.85)
"""Where contrast is looked for when no lungs were found: left, top, right, bottom in fractions."""


@dataclass(frozen=True, eq=False)
class Gate:
    """Limits, and the training films' place in feature space where the bundle tells it.

    Attributes:
        mean: float64 (C,) of the last C pooled features on training films, or None.
        precision: float64 (C, C), inverse of their shrunk covariance (Ledoit and Wolf, 2004).
        limit: largest squared Mahalanobis distance that passes, per feature.
        needs_lungs: the network reads what was cut out around the lungs.
    """

    mean: np.ndarray | None = None
    precision: np.ndarray | None = None
    limit: float | None = None
    needs_lungs: bool = False

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "Gate":
        """Read the card's `gate` section and the file it names; without one, no distance check."""
        section = bundle.card.gate
        needs_lungs = bundle.card.input is not None and bundle.card.input.crop == "lungs"
        if section is None:
            return cls(needs_lungs=needs_lungs)
        values = msgspec.json.decode(bundle.weights(section.file).read_bytes())
        mean, precision = np.asarray(values["mean"]), np.asarray(values["precision"])
        return cls(mean, precision, section.limit, needs_lungs)

    def check(
        self,
        film: Radiograph,
        lungs: Lungs | None,
        features: np.ndarray | None,
        first: Sequence[Finding] = (),
    ) -> tuple[Finding, ...]:
        """Return one finding per check, in the order a reader would ask.

        Args:
            film: the film.
            lungs: what the lung network found, or None where there is none.
            features: float32 (C,) of the classifier, or None.
            first: what `check_alone` gave, so that it need not look again.
        """
        found = list(first or check_alone(film))
        if lungs is None and features is not None and self.needs_lungs:
            return (*found, _NO_FINDER)
        if lungs is not None:
            found = [_contrast(film, lungs) if one.name == "contrast" else one for one in found]
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
        return float(mahalanobis(features[-len(self.mean) :], self.mean, self.precision))

    def _distance(self, features: np.ndarray) -> Finding:
        value = self.distance(features)
        passed = self.limit is None or value <= self.limit
        message = (
            "It looks like the films the model learned from."
            if passed
            else "It looks unlike every film the model learned from."
        )
        return Finding("familiar", passed, message, value, self.limit)


def mahalanobis(features: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return squared Mahalanobis distances per feature (...) of features (..., C)."""
    offset = np.asarray(features, np.float64) - mean
    return np.asarray(((offset @ precision) * offset).mean(axis=-1))


def _colour(film: Radiograph) -> Finding:
    passed = film.chroma <= MAX_CHROMA
    message = (
        "The picture is grey, as a film is."
        if passed
        else "This is a colour picture, not a radiograph."
    )
    return Finding("grey", passed, message, film.chroma, MAX_CHROMA)


def _levels(film: Radiograph) -> Finding:
    value = grey_levels(film.pixels)
    passed = value >= MIN_LEVELS
    message = (
        "It has grey levels between black and white."
        if passed
        else f"The film has hardly any grey levels ({value:.0f}): it was scanned or windowed to "
        "black and white, and what lies between is lost."
    )
    return Finding("levels", passed, message, value, MIN_LEVELS)


def grey_levels(pixels: np.ndarray) -> float:
    """Return how many of 256 grey levels pixels (H, W) in 0..1 use, evenly or not.

    The exponential of the histogram's entropy, the commonest level left out, so that a border
    does not count; plus that one.
    """
    import cv2

    rows, columns = (max(1, length // _LOOKED_AT) for length in pixels.shape)
    levels = cv2.convertScaleAbs(np.ascontiguousarray(pixels[::rows, ::columns]), alpha=255)
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    counts[counts.argmax()] = 0
    shares = counts[counts > 0] / max(1, counts.sum())
    return 1.0 + (float(np.exp(-(shares * np.log(shares)).sum())) if shares.size else 0.0)


def _contrast(film: Radiograph, lungs: Lungs | None) -> Finding:
    found = lungs is not None and lungs.plausible
    box = lung_box(lungs.mask, 0.0) if lungs is not None and found else CENTRE
    value = float(_inside(_sampled(film.pixels, 128), box).std())
    passed = value >= MIN_CONTRAST
    message = (
        "There is enough contrast to read."
        if passed
        else "The film is nearly blank: almost all of its "
        f"{'lungs' if found else 'middle'} has the same grey level."
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
    passed = film.view is None or film.view in FRONTAL
    message = (
        "Nothing in the file says that it is not a frontal view."
        if passed or film.view is None
        else f"The file says that this is {VIEWS.get(film.view, film.view)}; only frontal films "
        "(PA or AP) are assessed."
    )
    return Finding("frontal", passed, message)


def _body_part(film: Radiograph) -> Finding:
    message = (
        "Nothing in the file says that it is not a chest film."
        if film.body_part is None
        else f"The file says that this film shows another part of the body: {film.body_part}."
    )
    return Finding("chest", film.body_part is None, message)


def _text(film: Radiograph) -> Finding:
    """Say whether the file admits burnt-in text: no reason to turn it away, but one to look."""
    message = (
        "The file says that text is burnt into the picture: it may name the person."
        if film.burnt_in
        else "Nothing in the file says that text is burnt into the picture."
    )
    return Finding(TEXT, True, message, float(film.burnt_in))


def admits_text(findings: Iterable[Finding]) -> bool:
    """Tell whether a film's file says that text is burnt into the picture."""
    return any(finding.name == TEXT and bool(finding.value) for finding in findings)


_NO_FINDER = Finding(
    "lungs",
    False,
    "The lung finder is missing: this model reads the lungs alone, and needs the bundle 'lungs' "
    "beside its own.",
)


def check_alone(film: Radiograph, stored: Radiograph | None = None) -> tuple[Finding, ...]:
    """Return the findings that need no network.

    Args:
        film: as it is read.
        stored: the same as it is stored, where that is not the same: shrinking makes grey levels.
    """
    return (
        _colour(film),
        _levels(stored or film),
        _contrast(film, None),
        _aspect(film),
        _view(film),
        _body_part(film),
        _text(film),
    )


def _lungs(lungs: Lungs) -> Finding:
    message = (
        lungs.note or "Two lungs were found where a frontal chest film has them."
        if lungs.plausible
        else NOTHING
        if lungs.note == NOTHING
        else f"No frontal pair of lungs was found. {lungs.note}".strip()
    )
    return Finding("lungs", lungs.plausible, message, float(lungs.mask.mean()))


def _inverted(film: Radiograph, lungs: Lungs) -> Finding:
    value = lung_brightness(film, lungs)
    passed = value <= MAX_INVERSION
    message = (
        "At least one lung is darker than what lies between the lungs."
        if passed
        else "Both lungs are brighter than what lies between them: the film seems inverted "
        "(black bones). Invert it and try again."
    )
    return Finding("polarity", passed, message, value, MAX_INVERSION)


def lung_brightness(film: Radiograph, lungs: Lungs) -> float:
    """Return the darker lung's median grey less that of what lies between the lungs, -1..1.

    Spine, heart and great vessels are dense whatever the lungs are: a white lung, or two, are not
    brighter than they, but all lungs of an inverted film are.
    """
    right, left = (np.ascontiguousarray(lung[::2, ::2]) for lung in (lungs.right, lungs.left))
    small, between = _sampled(film.pixels, len(right)), _between(right, left)
    both = [small[lung] for lung in (right, left) if lung.any()]
    if not both or not between.any():
        return 0.0
    darker = min(float(np.median(lung)) for lung in both)
    return darker - float(np.median(small[between]))


def _sampled(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return float32 (side, side), every so many pixels of (H, W)."""
    rows, columns = (np.linspace(0, length - 1, side).astype(int) for length in pixels.shape)
    return np.asarray(pixels[rows].take(columns, axis=1))


def _inside(pixels: np.ndarray, box: Box) -> np.ndarray:
    height, width = pixels.shape
    left, top, right, bottom = box
    return pixels[
        int(top * height) : round(bottom * height), int(left * width) : round(right * width)
    ]


def _between(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return what lies between the inner edges of both lungs: bool (S, S), as they are."""
    columns = np.arange(right.shape[1])
    beside = right.any(axis=1) & left.any(axis=1)
    inner_right = columns[-1] - right[:, ::-1].argmax(axis=1)
    inner_left = left.argmax(axis=1)
    inside = (columns > inner_right[:, None]) & (columns < inner_left[:, None])
    return np.asarray(inside & np.asarray(beside)[:, None])
