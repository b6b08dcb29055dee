"""Where the cells of a network's map look."""

import numpy as np


def whole_grid(grids: np.ndarray, size: int) -> np.ndarray:
    """Return grids (..., h, w) as they cover the whole input, with what no cell looks at as 0.

    Unpadded convolutions of stride 1 lose pixels on each side: their cells are the pixels of the
    middle of the input, and must be drawn there.

    Args:
        grids: whose cells lie `size / h` pixels apart, or one pixel where h is little less.
        size: side of the input in pixels.
    """
    lost = size - grids.shape[-1]
    if not 0 < lost < size // 2:
        return grids
    around = (lost // 2, lost - lost // 2)
    return np.pad(grids, [(0, 0)] * (grids.ndim - 2) + [around, around])
