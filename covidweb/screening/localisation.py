"""Does a heatmap find an opacity whose place is known (inserted or simulated)?"""

import numpy as np

from covidweb.screening.regions import on_film
from covidweb.screening.result import Box

COVERED = 0.3
"""Extent of an opacity from which a pixel counts as within it."""


def hit(grid: np.ndarray, box: Box, opacity_mask: np.ndarray) -> float:
    """Return the share of the evidence within the opacity, over the opacity's share of the area.

    1 is what evidence spread evenly over the box would give; 0 where the heatmap is empty or the
    opacity lies outside the box.

    Args:
        grid: float (h, w), the heatmap's grid; values below 0 count as 0.
        box: left, top, right, bottom of the grid on the film, in fractions.
        opacity_mask: float (H, W) in 0..1 over the whole film, how far each pixel is opacity.
    """
    evidence = on_film(_positive(grid), box, opacity_mask.shape)
    covered = on_film(np.ones_like(grid), box, opacity_mask.shape)
    total, area = float(evidence.sum()), float(covered.sum())
    expected = float((covered * opacity_mask).sum()) / area if area > 0 else 0.0
    if total <= 0 or expected <= 0:
        return 0.0
    return float((evidence * opacity_mask).sum()) / total / expected


def points_at(grid: np.ndarray, box: Box, opacity_mask: np.ndarray) -> bool:
    """Return whether the heatmap's highest place lies within the opacity (the pointing game).

    A heatmap without a highest place (empty, or the same everywhere) points at nothing.
    Source: Zhang et al., Top-down neural attention by excitation backprop, 2016.
    """
    values = _positive(grid)
    if values.max() <= values.min():
        return False
    evidence = on_film(values, box, opacity_mask.shape)
    return bool(opacity_mask.ravel()[int(np.argmax(evidence))] >= COVERED)


def chance(box: Box, opacity_mask: np.ndarray, within: np.ndarray) -> float:
    """Return how often a random place within a region (the lungs) would point at the opacity.

    Args:
        box: what the heatmap can see of the film, in fractions.
        opacity_mask: float (H, W) in 0..1.
        within: bool (H, W), where the random place may fall; the lungs.
    """
    seen = (on_film(np.ones((1, 1)), box, opacity_mask.shape) > 0) & within
    return float((opacity_mask[seen] >= COVERED).mean()) if seen.any() else 0.0


def _positive(grid: np.ndarray) -> np.ndarray:
    return np.maximum(np.nan_to_num(np.asarray(grid, np.float64), nan=0.0), 0.0)
