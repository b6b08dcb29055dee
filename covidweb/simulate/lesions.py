"""Ground-glass opacities and consolidations, placed in the lungs in three dimensions."""

from dataclasses import dataclass

import numpy as np

from covidweb.simulate.anatomy import Chest
from covidweb.simulate.fields import spread
from covidweb.simulate.grid import Grid

CELLS = 56


@dataclass(frozen=True)
class Lesion:
    """One patch: an ellipsoid with a ragged border.

    Attributes:
        centre: x, y, z in centimetres. radii: the same axes.
        density: share of the air replaced at its heart: 0.25 ground glass .. 1 consolidation.
    """

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    density: float


def draw_lesions(chest: Chest, rng: np.random.Generator) -> tuple[Lesion, ...]:
    """Draw a pneumonia: often in both lungs, towards the chest wall, the back and the bases."""
    severity = float(rng.beta(1.6, 1.6))
    count = 3 + int(rng.poisson(4.0 + 12.0 * severity))
    both = rng.random() < 0.82
    only = float(rng.choice((-1.0, 1.0)))
    weight = float(rng.uniform(0.3, 0.7)) if both else (1.0 if only > 0 else 0.0)
    solid = float(np.clip(0.32 + 0.48 * severity + rng.normal(0.0, 0.12), 0.25, 0.95))
    return tuple(
        _lesion(chest, 1.0 if rng.random() < weight else -1.0, solid, severity, rng)
        for _ in range(count)
    )


def _lesion(
    chest: Chest, side: float, solid: float, severity: float, rng: np.random.Generator
) -> Lesion:
    z = chest.dome * float(np.clip(rng.beta(3.0, 1.5) * 1.12, 0.15, 1.08))
    reach = float(chest.rib_cage(z))
    x = side * reach * float(np.clip(rng.beta(4.0, 1.8), 0.32, 0.93))
    behind = rng.random() < 0.7
    y = chest.middle + chest.depth * (0.3 if behind else -0.26) * float(rng.uniform(0.5, 1.2))
    radius = float(rng.uniform(1.2, 2.6 + 1.6 * severity))
    shape = rng.uniform(0.7, 1.4, 3) * radius
    density = float(np.clip(solid * rng.uniform(0.6, 1.3), 0.18, 1.0))
    return Lesion((x, y, z), (float(shape[0]), float(shape[1] * 1.8), float(shape[2])), density)


class LesionField:
    """The share of air replaced, slab by slab, on the film's pixels.

    The patches are evaluated on a coarse grid with a noise that drifts with depth, and spread to
    the pixels by splines.
    """

    def __init__(self, grid: Grid, lesions: tuple[Lesion, ...], rng: np.random.Generator) -> None:
        self._grid, self._lesions = grid, lesions
        height, width = grid.shape
        self._rough = float(rng.uniform(0.25, 0.65))
        self._rows, self._columns = spread(height, CELLS), spread(width, CELLS)
        rows = np.clip((np.arange(CELLS + 3) - 1.0) / CELLS * height - 0.5, 0, height - 1)
        columns = np.clip((np.arange(CELLS + 3) - 1.0) / CELLS * width - 0.5, 0, width - 1)
        at = np.ix_(np.rint(rows).astype(int), np.rint(columns).astype(int))
        self._u, self._v = grid.u[at], grid.v[at]
        self._noise = [self._coarse(rng), self._coarse(rng), self._coarse(rng)]

    @staticmethod
    def _coarse(rng: np.random.Generator) -> np.ndarray:
        side = CELLS + 3
        total = np.zeros((side, side), np.float32)
        for cells, weight in ((8, 0.9), (16, 0.6), (34, 0.45)):
            matrix = spread(side, cells)
            values = rng.standard_normal((cells + 3, cells + 3), dtype=np.float32)
            total += weight * (matrix @ values @ matrix.T)
        return total

    def at(self, depth: float) -> np.ndarray:
        """Return the share of air replaced at `depth`, float32 (H, W) in 0..1."""
        grid = self._grid
        scale = float(grid.exposure.magnification(depth, grid.chest))
        x, z = self._u / scale, (self._v - grid.centre) / scale + grid.centre
        ragged = (
            self._noise[0]
            + self._noise[1] * np.float32(np.cos(depth / 1.3))
            + self._noise[2] * np.float32(np.sin(depth / 1.3))
        )
        clear = np.ones(x.shape, np.float32)
        for lesion in self._lesions:
            rest = 1.0 - sum(
                ((axis - middle) / radius) ** 2
                for axis, middle, radius in zip(
                    (x, depth, z), lesion.centre, lesion.radii, strict=True
                )
            )
            filled = np.clip(0.95 * rest + self._rough * ragged + 0.05, 0.0, 1.0) * (rest > -1.2)
            clear *= 1.0 - lesion.density * filled
        return np.asarray(np.clip(self._rows @ (1.0 - clear) @ self._columns.T, 0.0, 1.0))
