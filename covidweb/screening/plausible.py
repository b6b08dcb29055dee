"""Do two pieces of a mask look like the lungs of a frontal chest film?"""

from dataclasses import dataclass

import numpy as np

MIN_AREA, MAX_AREA = 0.01, 0.45
"""One lung's share of the film."""
MIN_CONFIDENCE = 0.85
"""Mean probability inside a lung."""
SLENDER = (0.8, 4.0)
"""Height over width of one lung, in true proportions."""
MIN_FILL = 0.45
"""A lung's share of the box around it."""
MAX_AREA_RATIO, MAX_HEIGHT_RATIO = 4.5, 2.2
"""Larger over smaller lung."""
MAX_STEP = 0.45
"""Difference between the lungs' centres in height, in heights of the larger lung."""


@dataclass(frozen=True)
class Shape:
    """Facts about one piece of a mask.

    Attributes:
        area: share 0..1 of the film.
        height, width: of its box, in units of the film's height (true proportions).
        centre: row and column of its centre, in the same units.
        fill: share 0..1 of its box that it fills.
        confidence: mean probability 0..1 inside it.
    """

    area: float
    height: float
    width: float
    centre: tuple[float, float]
    fill: float
    confidence: float

    @classmethod
    def of(cls, piece: np.ndarray, soft: np.ndarray, aspect: float) -> "Shape":
        """Measure a piece, bool (S, S), on the map it was cut from; `aspect` is width / height."""
        import cv2

        rows, columns = per_row(piece), per_column(piece)
        size, count = len(piece), int(rows.sum())
        height, width = _span(rows), _span(columns)
        return cls(
            area=count / piece.size,
            height=height / size,
            width=width / size * aspect,
            centre=(mean_line(rows) / size, mean_line(columns) / size * aspect),
            fill=count / (height * width),
            confidence=float(cv2.mean(soft, piece.view(np.uint8))[0]),
        )


def doubt(right: Shape, left: Shape) -> str:
    """Return why two pieces are no pair of lungs, as a sentence, or nothing when they may be."""
    for name, lung in (("right", right), ("left", left)):
        reason = _single(lung)
        if reason:
            return f"What was found in the {name} lung's place {reason}."
    if _ratio(right.area, left.area) > MAX_AREA_RATIO:
        return "The two lungs differ too much in size."
    if _ratio(right.height, left.height) > MAX_HEIGHT_RATIO:
        return "The two lungs differ too much in height."
    if abs(right.centre[0] - left.centre[0]) > MAX_STEP * max(right.height, left.height):
        return "The two lungs do not lie beside each other."
    return ""


def lone_lung_doubt(lung: Shape, mirrored: float) -> str:
    """Return why a lone piece is no lung, or nothing when it may be.

    Args:
        lung: the piece.
        mirrored: share 0..1 of its mirror image that falls on the film.
    """
    reason = _single(lung)
    if reason:
        return f"Only one piece was found, and it {reason}."
    if mirrored < 0.5:
        return "Only one lung was found, and there is no room for the other on the film."
    return ""


def per_row(piece: np.ndarray) -> np.ndarray:
    """Return how many pixels of a mask, bool (H, W), lie in each row: int32 (H,)."""
    import cv2

    return cv2.reduce(piece.view(np.uint8), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()


def per_column(piece: np.ndarray) -> np.ndarray:
    """Return how many pixels of a mask, bool (H, W), lie in each column: int32 (W,)."""
    import cv2

    return cv2.reduce(piece.view(np.uint8), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()


def mean_line(counts: np.ndarray) -> float:
    """Return the mean row, or column, of pixels of which every line has so many."""
    return float(np.average(np.arange(len(counts)), weights=counts))


def _span(counts: np.ndarray) -> int:
    """Return how many lines there are from the first to the last that has a pixel."""
    lines = np.flatnonzero(counts)
    return int(lines[-1] + 1 - lines[0])


def _single(lung: Shape) -> str:
    if not MIN_AREA <= lung.area <= MAX_AREA:
        return f"covers {100 * lung.area:.1f} % of the film, which no lung does"
    if lung.confidence < MIN_CONFIDENCE:
        return "is too uncertain"
    if not SLENDER[0] <= lung.height / lung.width <= SLENDER[1]:
        return "does not have a lung's proportions"
    if lung.fill < MIN_FILL:
        return "does not have a lung's outline"
    return ""


def _ratio(a: float, b: float) -> float:
    return max(a, b) / max(min(a, b), 1e-9)
