"""Pillow's bilinear resize of float pictures, several times as fast.

A resize is linear and treats rows and columns alike, so it is a product with two sparse matrices
that hold the weights of Pillow's `precompute_coeffs` (`libImaging/Resample.c`).
"""

from functools import lru_cache
from typing import Any

import numpy as np

from covidweb.networks.box import Box

_LARGE = 512
"""Shorter side, in pixels, from which on a film is shrunk at least twofold for the networks."""


def turning_kernel(pixels: np.ndarray) -> int:
    """Return OpenCV's kernel that turns a film (H, W) without blur that a classifier would notice.

    A large film is shrunk for the networks in any case, and Lanczos' kernel takes five times as
    long as the cubic, which takes three times the linear.
    """
    import cv2

    return cv2.INTER_CUBIC if min(pixels.shape) >= _LARGE else cv2.INTER_LANCZOS4


def resize_box(pixels: np.ndarray, box: Box, size: int) -> np.ndarray:
    """Cut a box (fractions) out of float (H, W) and resize it to float32 (size, size).

    Bilinear with the support widened when shrinking (as Pillow does), so that fine texture is
    averaged and not skipped.
    """
    height, width = pixels.shape
    corners = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
    found = resized(pixels, (size, size), corners)
    return np.clip(found, 0.0, 1.0, out=found)


def resized(
    pixels: np.ndarray, size: tuple[int, int], corners: tuple[float, float, float, float]
) -> np.ndarray:
    """Cut a box out of a picture and resize it, averaging where it shrinks.

    Args:
        pixels: float (H, W).
        size: width and height to return, in pixels.
        corners: left, top, right, bottom of the box, in pixels; within the picture.

    Returns:
        float32 (height, width): what `Image.resize(size, BILINEAR, box=corners)` gives of a
        float picture, to its last digits.

    Raises:
        ValueError: the box is empty or not within the picture.
    """
    import cv2

    height, width = pixels.shape
    # Pillow takes its box in single precision.
    left, top, right, bottom = (np.float32(corner) for corner in corners)
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(
            f"corners must lie within {width} x {height} pixels. Received: corners={corners}"
        )
    down = _weights(height, top, bottom, size[1])
    across = _weights(width, left, right, size[0])
    # Twice the same product along the rows of memory; OpenCV transposes ten times as fast.
    tall = down @ np.asarray(pixels, np.float32)
    return np.asarray(cv2.transpose(across @ cv2.transpose(tall)))


@lru_cache(maxsize=64)
def _weights(length: int, low: np.float32, high: np.float32, size: int) -> Any:
    """Return the CSR matrix (size, length) of what each pixel of `low` to `high` counts."""
    from scipy.sparse import csr_array

    step = float(high - low) / size
    reach = max(step, 1.0)
    centres = float(low) + (np.arange(size) + 0.5) * step
    first = np.maximum((centres - reach + 0.5).astype(np.int32), 0)
    counts = np.minimum((centres + reach + 0.5).astype(np.int32), length) - first
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    rows = np.repeat(np.arange(size), counts)
    columns = (np.arange(ends[-1]) - ends[rows] + first[rows]).astype(np.int32)
    values = np.maximum(1 - np.abs(columns + 0.5 - centres[rows]) / reach, 0)
    values /= np.add.reduceat(values, ends[:-1])[rows]
    return csr_array((values.astype(np.float32), columns, ends), shape=(size, length))
