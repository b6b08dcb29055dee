"""The film's pixels in the chest's coordinates, and chords through solids along the beam."""

from dataclasses import dataclass

import numpy as np

from covidweb.simulate.anatomy import Chest, Exposure

Interval = tuple[np.ndarray, np.ndarray]
"""Front and back depth of a solid along each ray, cm; front > back where the ray misses it."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Where each pixel's ray crosses the chest.

    Attributes:
        chest, exposure: what is seen and how.
        u, v: float32 (H, W), place on the detector in centimetres: from the chest's midline, and
            from the apices' level, with the lean of the chest taken out.
        pitch: side of a pixel, cm.
    """

    chest: Chest
    exposure: Exposure
    u: np.ndarray
    v: np.ndarray
    pitch: float

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return (self.u.shape[0], self.u.shape[1])

    def at(self, depth: float) -> tuple[np.ndarray, np.ndarray]:
        """Return x and z, float32 (H, W), where the rays cross the plane at `depth`."""
        scale = float(self.exposure.magnification(depth, self.chest))
        level = self.centre
        return self.u / scale, (self.v - level) / scale + level

    @property
    def centre(self) -> float:
        """Level that the central ray hits, cm."""
        return 0.45 * self.chest.dome

    def project(self, points: np.ndarray) -> np.ndarray:
        """Return row and column, float32 (N, 2), of points (N, 3) given as x, y, z."""
        scale = self.exposure.magnification(points[:, 1], self.chest)
        u = points[:, 0] * scale
        v = (points[:, 2] - self.centre) * scale + self.centre
        cos, sin = np.cos(self.chest.tilt), np.sin(self.chest.tilt)
        across, down = u * cos - v * sin, u * sin + v * cos
        left = self.exposure.shift - self.exposure.width / 2.0
        rows = (down - self.exposure.top) / self.pitch - 0.5
        columns = (across - left) / self.pitch - 0.5
        return np.stack([rows, columns], axis=1).astype(np.float32)


def make_grid(chest: Chest, exposure: Exposure, size: int) -> Grid:
    """Lay the film's pixels out; its longest side becomes `size` pixels."""
    pitch = max(exposure.width, exposure.height) / size
    height = max(16, round(exposure.height / pitch))
    width = max(16, round(exposure.width / pitch))
    down = exposure.top + (np.arange(height, dtype=np.float32) + 0.5) * pitch
    across = exposure.shift - exposure.width / 2.0 + (np.arange(width) + 0.5) * pitch
    v, u = np.meshgrid(down, across.astype(np.float32), indexing="ij")
    cos, sin = np.float32(np.cos(chest.tilt)), np.float32(np.sin(chest.tilt))
    return Grid(chest, exposure, u * cos + v * sin, v * cos - u * sin, float(pitch))


def ellipsoid(
    grid: Grid, centre: tuple[float, float, float], radii: tuple[float, float, float], turn: float
) -> Interval:
    """Return where rays cross an ellipsoid.

    Args:
        grid: the film.
        centre: x, y, z in centimetres.
        radii: along the long axis in the picture, across it, and in depth.
        turn: angle of the long axis below the horizontal, radians.
    """
    x, z = grid.at(centre[1])
    dx, dz = x - np.float32(centre[0]), z - np.float32(centre[2])
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    along, across = (dx * cos + dz * sin) / radii[0], (dz * cos - dx * sin) / radii[1]
    rest = 1.0 - along * along - across * across
    return around(centre[1], radii[2], rest)


def around(middle: float | np.ndarray, half: float | np.ndarray, rest: np.ndarray) -> Interval:
    """Return the interval middle -+ half * sqrt(rest), missed where `rest` is negative."""
    reach = half * np.sqrt(np.maximum(rest, 0.0)) - 1e3 * (rest <= 0)
    return middle - reach, middle + reach


def chord(interval: Interval) -> np.ndarray:
    """Return the length of each ray inside, float32 (H, W)."""
    return np.asarray(np.maximum(interval[1] - interval[0], 0.0).astype(np.float32))


def inside(interval: Interval, depth: float, step: float) -> np.ndarray:
    """Return the share (0..1) of the slab `depth` -+ `step` / 2 that lies in the interval."""
    low = np.maximum(interval[0], depth - step / 2.0)
    high = np.minimum(interval[1], depth + step / 2.0)
    return np.asarray(np.maximum(high - low, 0.0) / step)
