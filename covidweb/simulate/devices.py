"""What lies on patients at the bedside: the wires and pads of a heart monitor."""

import numpy as np

from covidweb.simulate.grid import Grid
from covidweb.simulate.tubes import Tubes, nearest, resample, solid

METAL = 2.2
"""Attenuation of a wire, per cm of its chord."""
AT_BEDSIDE = 0.45
"""Share of the AP films with monitor leads, of sick and healthy alike."""


def leads(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the attenuation of monitor leads, float32 (H, W); none on most films."""
    wanted = rng.random() < AT_BEDSIDE
    if grid.exposure.view != "AP" or not wanted:
        return np.zeros(grid.shape, np.float32)
    chest = grid.chest
    total = np.zeros(grid.shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        side = float(rng.choice((-1.0, 1.0)))
        pad = np.array(
            [side * chest.half_width * rng.uniform(0.3, 0.9), 0.0, chest.dome * rng.uniform(0, 1.1)]
        )
        total += _wire(grid, pad, rng) + _pad(grid, pad)
    return total


def _wire(grid: Grid, pad: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a wire that leaves the pad in a loose curve."""
    steps = rng.normal(0.0, 1.0, (3, 3)) * np.array([7.0, 0.0, 9.0]) + np.array([0.0, 0.0, 3.0])
    knots = np.concatenate([pad[None], pad + np.cumsum(steps, axis=0)])
    t = np.linspace(0.0, 1.0, 200)[:, None]
    bend = (
        (1 - t) ** 3 * knots[0]
        + 3 * t * (1 - t) ** 2 * knots[1]
        + 3 * t**2 * (1 - t) * knots[2]
        + t**3 * knots[3]
    )
    points = resample(bend, 0.4 * grid.pitch)
    count = len(points)
    tube = Tubes(points, np.full(count, 0.09, np.float32), np.full(count, METAL, np.float32))
    return solid(nearest(grid, tube), grid.pitch)


def _pad(grid: Grid, pad: np.ndarray) -> np.ndarray:
    """Return a pad: a faint disc with a metal stud."""
    x, z = grid.at(0.0)
    radius = np.hypot(x - np.float32(pad[0]), z - np.float32(pad[2]))
    disc = 0.1 * np.clip((1.0 - radius) / 0.1, 0.0, 1.0)
    return (disc + 0.7 * np.clip((0.4 - radius) / 0.1, 0.0, 1.0)).astype(np.float32)
