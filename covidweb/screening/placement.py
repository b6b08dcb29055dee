"""How a film was laid before it was read: turned upright and cut to what shows something."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from covidweb.networks.resample import turning_kernel
from covidweb.networks.standard import WHOLE_FILM, Box
from covidweb.radiograph import Radiograph


@dataclass(frozen=True)
class Placement:
    """A turn about the film's middle, then a cut.

    Attributes:
        degrees: the film was turned counter-clockwise by so many; its frame grew to hold it all.
        box: left, top, right, bottom of what was kept, in fractions of the turned film's frame.
    """

    degrees: float = 0.0
    box: Box = WHOLE_FILM

    @property
    def moved(self) -> bool:
        """Whether the film was read in another way than it lies."""
        return self != AS_IT_LIES


AS_IT_LIES = Placement()


def lay(film: Radiograph, placement: Placement, draft: bool = False) -> Radiograph:
    """Return the film as it was read: turned, black around, and cut. The size on record stays.

    Args:
        film: as it lies in its file.
        placement: how to lay it.
        draft: turn it quickly and with some blur, to see how it lies and not to read it.
    """
    if not placement.moved:
        return film
    height, width = film.pixels.shape
    to_film, (across, down) = _to_film(placement, (width, height))
    size = (max(1, round(across)), max(1, round(down)))
    if not placement.degrees:
        left, top = round(float(to_film[0, 2])), round(float(to_film[1, 2]))
        return replace(film, pixels=film.pixels[top : top + size[1], left : left + size[0]])
    turned = _warped(film.pixels, to_film, size, draft)
    return replace(film, pixels=np.clip(turned, 0.0, 1.0, out=turned))


def shorter_side(placement: Placement, size: tuple[int, int]) -> float:
    """Return the shorter side, in pixels, of what is kept of a film of (width, height)."""
    return min(_to_film(placement, size)[1])


def on_original(mask: np.ndarray, placement: Placement, size: tuple[int, int]) -> np.ndarray:
    """Bring a mask of the film as it was read back to the film as it lies in its file.

    Args:
        mask: bool (S, S), stretched over the film as it was read.
        placement: how it was laid.
        size: width and height to return, in the original's proportions.

    Returns:
        bool (height, width), with smooth edges.
    """
    grey = np.asarray(mask, np.float32)
    if not placement.moved:
        smooth = Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)
        return np.asarray(smooth) >= 0.5
    to_film, (across, down) = _to_film(placement, size)
    stretch = np.diag([across / mask.shape[1], down / mask.shape[0], 1.0])
    back = np.linalg.inv(to_film @ stretch)
    return _sampled(grey, back, size) >= 0.5


def within(outer: Box, inner: Box) -> Box:
    """Return a box given in fractions of another box, in fractions of what that one lies in."""
    left, top, right, bottom = outer
    across, down = right - left, bottom - top
    return (
        left + across * inner[0],
        top + down * inner[1],
        left + across * inner[2],
        top + down * inner[3],
    )


def spread(values: np.ndarray, box: Box) -> np.ndarray:
    """Bring a mask or map of zones (S, S) that covers a box onto the whole: (S, S), 0 outside."""
    side = len(values)
    centres = (np.arange(side) + 0.5) / side
    rows = np.floor((centres - box[1]) / (box[3] - box[1]) * side).astype(int)
    columns = np.floor((centres - box[0]) / (box[2] - box[0]) * side).astype(int)
    inside = np.outer((rows >= 0) & (rows < side), (columns >= 0) & (columns < side))
    found = values[np.ix_(np.clip(rows, 0, side - 1), np.clip(columns, 0, side - 1))]
    return np.where(inside, found, np.zeros_like(found))


def _to_film(placement: Placement, size: tuple[int, int]) -> tuple[np.ndarray, tuple[float, float]]:
    """Return the 3x3 matrix from the laid film to the film, and the laid film's size, in pixels."""
    width, height = size
    angle = np.deg2rad(placement.degrees)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    wide = width * abs(cosine) + height * abs(sine)
    high = width * abs(sine) + height * abs(cosine)
    left, top, right, bottom = placement.box
    # What lies at the right of the turned film lay lower on the film that was tilted clockwise.
    turn = np.array([[cosine, -sine], [sine, cosine]])
    corner = np.array([left * wide - wide / 2, top * high - high / 2])
    offset = np.array([width / 2, height / 2]) + turn @ corner
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, offset
    return matrix, ((right - left) * wide, (bottom - top) * high)


def _warped(
    pixels: np.ndarray, to_pixels: np.ndarray, size: tuple[int, int], draft: bool
) -> np.ndarray:
    """Return what `_sampled` does; without blur unless it is a draft."""
    import cv2

    # OpenCV counts from the middle of the first pixel, the matrix from its corner.
    matrix = to_pixels[:2].copy()
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    grey = np.ascontiguousarray(pixels, np.float32)
    kernel = cv2.INTER_LINEAR if draft else turning_kernel(grey)
    return cv2.warpAffine(grey, matrix, size, flags=kernel | cv2.WARP_INVERSE_MAP)


def _sampled(pixels: np.ndarray, to_pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return float32 (height, width) of `size`: bilinear, 0 beyond the border."""
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    data = tuple(float(v) for v in to_pixels[:2].ravel())
    moved = image.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    return np.asarray(moved)
