"""Curved tubes (bones, vessels, bronchi) as chords along the beam."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from covidweb.simulate.grid import Grid


@dataclass(frozen=True, eq=False)
class Tubes:
    """Points along the axes of many tubes that hardly overlap each other in the picture.

    Attributes:
        points: float32 (N, 3): x, y, z, closer together than a pixel.
        radius: float32 (N,), half the tube's height in the picture, cm.
        weight: float32 (N,), what one centimetre of chord counts at that point.
    """

    points: np.ndarray
    radius: np.ndarray
    weight: np.ndarray

    @staticmethod
    def join(parts: "list[Tubes]") -> "Tubes":
        """Put many sets of tubes together."""
        return Tubes(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.radius for part in parts]),
            np.concatenate([part.weight for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each pixel: how far the nearest tube's axis is, and that tube's own values.

    Attributes:
        distance: float32 (H, W), cm. below: True where the pixel lies below the axis.
        radius, weight: float32 (H, W).
    """

    distance: np.ndarray
    below: np.ndarray
    radius: np.ndarray
    weight: np.ndarray


def nearest(grid: Grid, tubes: Tubes) -> Nearest:
    """Find each pixel's nearest axis point, exact to a fraction of a pixel."""
    height, width = grid.shape
    place = grid.project(tubes.points)
    rows, columns = np.rint(place).astype(np.int32).T
    kept = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    owner = np.full((height, width), -1, np.int32)
    owner[rows[kept], columns[kept]] = np.flatnonzero(kept)
    if not kept.any():
        far = np.full((height, width), 1e3, np.float32)
        return Nearest(far, far < 0, np.ones_like(far), np.zeros_like(far))
    found = ndimage.distance_transform_edt(owner < 0, return_distances=False, return_indices=True)
    which = owner[found[0], found[1]]
    down = np.arange(height, dtype=np.float32)[:, None] - place[which, 0]
    across = np.arange(width, dtype=np.float32)[None, :] - place[which, 1]
    scale = grid.exposure.magnification(tubes.points[:, 1], grid.chest)
    distance = np.hypot(down, across) * grid.pitch
    return Nearest(
        distance.astype(np.float32),
        down > 0,
        (tubes.radius * scale)[which],
        tubes.weight[which],
    )


def solid(near: Nearest, pitch: float) -> np.ndarray:
    """Return weight times the chord through solid round tubes, float32 (H, W).

    A tube thinner than a pixel keeps its cross-section's area instead of vanishing.
    """
    radius = np.maximum(near.radius, 0.6 * pitch)
    thin = (near.radius / radius) ** 2
    rest = np.maximum(1.0 - (near.distance / radius) ** 2, 0.0)
    return np.asarray(2.0 * radius * thin * np.sqrt(rest) * near.weight)


def shell(near: Nearest, wall: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the chords through a tube's wall and through its core, times the weight."""
    outer = np.sqrt(np.maximum(near.radius**2 - near.distance**2, 0.0))
    core_radius = np.maximum(near.radius - wall, 0.0)
    core = np.sqrt(np.maximum(core_radius**2 - near.distance**2, 0.0))
    return 2.0 * (outer - core) * near.weight, 2.0 * core * near.weight


def resample(points: np.ndarray, spacing: float) -> np.ndarray:
    """Return points (M, 3) along the polyline `points` (N, 3), `spacing` cm apart."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(2, int(np.ceil(length[-1] / spacing)) + 1)
    places = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(places, length, axis) for axis in points.T], axis=1)
