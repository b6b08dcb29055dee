"""The lungs' vessels: trees that branch from the hila, in three dimensions."""

import numpy as np

from covidweb.simulate.grid import Grid
from covidweb.simulate.tubes import Tubes, nearest, solid

GENERATIONS = 8
STEPS = 14


def vessels(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the length of vessel along each ray, cm, float32 (H, W); cut it to the lungs."""
    layers: list[list[Tubes]] = [[] for _ in range(4)]
    for side in (-1.0, 1.0):
        for generation, tubes in enumerate(_tree(grid, side, rng)):
            layers[min(generation // 2, 3)].append(tubes)
    total = np.zeros(grid.shape, np.float32)
    for layer in layers:
        total += solid(nearest(grid, Tubes.join(layer)), grid.pitch)
    return total


def _tree(grid: Grid, side: float, rng: np.random.Generator) -> list[Tubes]:
    """Return the vessels of one lung, one set per generation."""
    chest = grid.chest
    start, heading, radius = _roots(grid, side, rng)
    length = np.full(len(start), 0.2 * chest.dome, np.float32) * rng.uniform(0.8, 1.2, len(start))
    generations = []
    for _ in range(GENERATIONS):
        path, end, final = _grow(start, heading, length, rng)
        generations.append(_tubes(grid, path, radius))
        children = 2
        start = np.repeat(end, children, axis=0)
        heading = _branch(final, rng)
        narrow = rng.uniform(0.68, 0.92, len(start))
        radius = np.repeat(radius, children) * narrow
        length = np.repeat(length, children) * rng.uniform(0.62, 0.9, len(start))
    return generations


def _roots(
    grid: Grid, side: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the stems leave the hilum, where they head, and their radii."""
    chest = grid.chest
    level = 0.47 * chest.dome if side < 0 else 0.43 * chest.dome
    hilum = np.array([side * 2.9 * chest.heart, chest.middle, level])
    angles = np.deg2rad(np.array([-78.0, -55.0, -30.0, -8.0, 14.0, 32.0, 48.0, 62.0, 76.0, 84.0]))
    angles = angles + rng.normal(0.0, 0.12, len(angles))
    depth = rng.normal(0.0, 0.35, len(angles))
    heading = np.stack([side * np.cos(angles), depth, np.sin(angles)], axis=1)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    start = hilum + rng.normal(0.0, 1.0, heading.shape) * np.array([0.35, 0.8, 0.7])
    start[:, 2] += np.sin(angles) * 1.0
    radius = (
        1.25 * chest.vessels * np.array([0.24, 0.27, 0.23, 0.21, 0.24, 0.27, 0.33, 0.4, 0.5, 0.34])
    )
    return start, heading, radius


def _grow(
    start: np.ndarray, heading: np.ndarray, length: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return paths (N, STEPS, 3), their ends and final headings: each vessel bends a little."""
    bend = rng.normal(0.0, 0.32, heading.shape)
    along = np.linspace(0.0, 1.0, STEPS)[None, :, None]
    reach = length[:, None, None] * along
    path = start[:, None, :] + heading[:, None, :] * reach + 0.5 * bend[:, None, :] * reach * along
    final = heading + bend
    final /= np.linalg.norm(final, axis=1, keepdims=True)
    return path, path[:, -1, :], final


def _branch(heading: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return two headings per vessel, spread to either side of it."""
    random = rng.normal(size=heading.shape) * np.array([1.0, 0.7, 1.0])
    across = np.cross(heading, random)
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
    one, two = rng.uniform(0.15, 0.55, (2, len(heading), 1))
    pairs = np.stack([heading + one * across, heading - two * across], axis=1).reshape(-1, 3)
    return np.asarray(pairs / np.linalg.norm(pairs, axis=1, keepdims=True))


def _tubes(grid: Grid, path: np.ndarray, radius: np.ndarray) -> Tubes:
    """Return the paths as dense points, tapering to their ends."""
    longest = float(np.linalg.norm(path[:, -1] - path[:, 0], axis=1).max())
    count = max(STEPS, int(np.ceil(1.2 * longest / grid.pitch)))
    where = np.linspace(0.0, STEPS - 1.0, count)
    low = np.minimum(where.astype(int), STEPS - 2)
    share = (where - low)[None, :, None]
    points = path[:, low] * (1.0 - share) + path[:, low + 1] * share
    taper = np.linspace(1.0, 0.8, count)[None, :] * radius[:, None]
    flat = taper.reshape(-1).astype(np.float32)
    return Tubes(points.reshape(-1, 3), flat, np.ones_like(flat))
