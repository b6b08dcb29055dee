"""Smooth random fields and low-pass filters on coarse grids, by cached spline matrices."""

from functools import lru_cache

import numpy as np


def noise(shape: tuple[int, ...], cells: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return a smooth random field, float32 (H, W) of mean 0 and variance about 1.

    Args:
        shape: height and width in pixels.
        cells: number of grid cells along a side, one octave each, of halving weight.
        rng: source of the draw.
    """
    total = np.zeros(shape, np.float32)
    power = 0.0
    for octave, count in enumerate(cells):
        weight = 0.5**octave
        grid = rng.standard_normal((count + 3, count + 3), dtype=np.float32)
        total += weight * (spread(shape[0], count) @ grid @ spread(shape[1], count).T)
        power += weight**2
    return total / np.float32(0.48 * np.sqrt(power))


def smooth(image: np.ndarray, cells: int) -> np.ndarray:
    """Return a float32 (H, W) image without detail finer than its sides over `cells`."""
    rows, columns = _low_pass(image.shape[0], cells), _low_pass(image.shape[1], cells)
    return np.asarray(rows[0] @ (rows[1] @ image @ columns[1].T) @ columns[0].T)


@lru_cache(maxsize=128)
def spread(size: int, cells: int) -> np.ndarray:
    """Return the cubic B-spline matrix, float32 (size, cells + 3), that spreads a coarse grid."""
    place = (np.arange(size) + 0.5) / size * cells + 1.0
    distance = np.abs(place[:, None] - np.arange(cells + 3)[None, :])
    near = 2.0 / 3.0 - distance**2 + distance**3 / 2.0
    far = np.maximum(2.0 - distance, 0.0) ** 3 / 6.0
    return np.where(distance < 1.0, near, far).astype(np.float32)


@lru_cache(maxsize=128)
def _low_pass(size: int, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (spread, gather): gather averages the pixels under each spline to its cell."""
    matrix = spread(size, min(cells, size))
    gather = matrix.T / np.maximum(matrix.sum(axis=0), 1e-6)[:, None]
    return matrix, gather.astype(np.float32)
