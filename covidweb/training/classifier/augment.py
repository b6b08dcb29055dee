"""Make a training film from a crop: where it lies, whether it is sick, what hides parts of it."""

import cv2
import numpy as np

from covidweb.simulate.opacity import MIN_LUNG_PIXELS, insert_opacity
from covidweb.training.classifier.strength import Strength

MIN_LEFT = 0.4
"""Share of the lungs that must be left when another film's holes are cut into them."""


def placement(
    side: int, frame: np.ndarray, size: int, rng: np.random.Generator, how: Strength
) -> np.ndarray:
    """Draw how the standard frame lies on a crop: turned, zoomed, shifted a little, mirrored.

    Args:
        side: of the crop, in pixels.
        frame: float (4,): left, top, right, bottom in fractions of the crop.
        size: side of the film that will be cut.

    Returns:
        float64 (2, 3), from pixels of the film to pixels of the crop.
    """
    left, top, right, bottom = np.asarray(frame, float) * side
    spans = np.array([right - left, bottom - top])
    zoom = 1 + how.zoom * rng.uniform(-1, 1) + 0.5 * how.zoom * rng.uniform(-1, 1, 2)
    middle = np.array([left + right, top + bottom]) / 2 + how.shift * rng.uniform(-1, 1, 2) * spans
    angle = np.deg2rad(how.turn * rng.uniform(-1, 1))
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]]) * (spans * zoom / size)
    if rng.random() < how.mirror:
        turn[:, 0] *= -1
    return np.column_stack([turn, middle - turn @ np.full(2, size / 2)])


def placed(crop: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Cut uint8 (size, size) or (size, size, 2) out of a crop, as `placement` says."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(np.ascontiguousarray(crop), matrix, (size, size), flags=flags)


def with_opacity(
    film: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Insert an opacity into uint8 (S, S, 2); None where hardly any lung is seen.

    Returns:
        The film, uint8 (S, S, 2), and the extent float32 (S, S) in 0..1.
    """
    mask = film[..., 1] > 127
    if mask.sum() < 4 * MIN_LUNG_PIXELS:
        return None
    grey, extent = insert_opacity(film[..., 0].astype(np.float32) / 255, mask, rng)
    return np.stack([np.round(grey * 255).astype(np.uint8), film[..., 1]], -1), extent


def wired(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one to three wires, some with a pad, over uint8 (S, S): they change no label."""
    size = len(grey)
    drawn = grey.copy()
    for _ in range(rng.integers(1, 4)):
        steps = rng.normal(0, 0.13 * size, (5, 2)) + rng.normal(0, 0.09 * size, 2)
        knots = np.cumsum(np.concatenate([rng.uniform(0, size, (1, 2)), steps]), axis=0)
        places = np.linspace(0, len(knots) - 1, 60)
        line = np.stack([np.interp(places, range(len(knots)), k) for k in knots.T], 1)
        line = cv2.GaussianBlur(line.astype(np.float32), (1, 9), 0, borderType=cv2.BORDER_REPLICATE)
        level = min(255.0, float(np.percentile(grey, 90)) + rng.uniform(0, 60))
        fixed = np.round(line * 8).astype(np.int32)
        thick = int(rng.integers(1, 3))
        cv2.polylines(drawn, [fixed], False, level, thick, cv2.LINE_AA, shift=3)
        if rng.random() < 0.3:
            x, y = line[0]
            cv2.circle(drawn, (int(x), int(y)), int(rng.integers(2, 9)), level, -1, cv2.LINE_AA)
    share = rng.uniform(0.4, 1.0)
    return (grey * (1 - share) + drawn * share).astype(np.uint8)


def patched(film: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Paint one to three round patches of uint8 (S, S, 2) in the grey of aerated lung.

    Returns:
        The grey levels uint8 (S, S), and where they are painted, bool (S, S).
    """
    grey, lungs = film[..., 0], film[..., 1] > 127
    painted = np.zeros(grey.shape, np.uint8)
    rows, columns = np.nonzero(lungs)
    if not len(rows):
        return grey, painted > 0
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(rows)))
        axes = rng.uniform(0.04, 0.13, 2) * len(grey)
        size = (int(axes[0]), int(axes[1]))
        centre = (int(columns[at]), int(rows[at]))
        cv2.ellipse(painted, centre, size, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    level = np.percentile(grey[lungs], rng.uniform(20, 40))
    return np.where(painted > 0, np.uint8(level), grey), painted > 0


def holed(mask: np.ndarray, donor: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Cut the outline of another film's lungs, and their holes, into a mask.

    Args:
        mask: float32 (S, S) in 0..1.
        donor: uint8 (C, C), the lungs of a film that were cut out upstream.

    Returns:
        float32 (S, S), or None where too little would be left.
    """
    size = len(mask)
    outline = cv2.resize(np.ascontiguousarray(donor), (size, size))
    if rng.random() < 0.5:
        outline = np.ascontiguousarray(outline[:, ::-1])
    dx, dy = rng.uniform(-0.11, 0.11, 2) * size
    shift = np.array([[1, 0, dx], [0, 1, dy]])
    left = mask * (cv2.warpAffine(outline, shift, (size, size)).astype(np.float32) / 255)
    return left if left.sum() > MIN_LEFT * mask.sum() else None


def lungs_only(film: np.ndarray) -> np.ndarray:
    """Paint float32 (S, S, 2) in the lungs' mean level wherever its mask is not."""
    grey, inside = film[..., 0], film[..., 1] > 0.5
    if not inside.any():
        return film
    return np.stack([np.where(inside, grey, grey[inside].mean()), film[..., 1]], -1)
