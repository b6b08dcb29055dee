"""Soft organs as intervals along the rays: body, rib cage, domes, heart, great vessels, gas."""

import numpy as np

from covidweb.simulate.fields import noise
from covidweb.simulate.grid import Grid, Interval, around, chord, ellipsoid


def body(grid: Grid) -> np.ndarray:
    """Return the length of each ray inside the body, cm, float32 (H, W)."""
    chest = grid.chest
    x, z = grid.at(chest.middle)
    side = np.abs(x)
    top = _below_shoulders(grid, side, z)
    outer = chest.rib_cage(np.maximum(z, 6.0)) + chest.wall + 1.2 * np.exp(-(((z - 8) / 6.0) ** 2))
    level = np.clip((z + 3.0) / 18.0, 0.0, 1.0)
    deep = chest.thickness * (0.63 + 0.37 * level**2 * (3.0 - 2.0 * level))
    torso = deep * np.sqrt(np.maximum(1.0 - (side / outer) ** 7.0, 0.0)) * top
    throat = 5.6 + 0.3 * chest.wall + 0.25 * np.maximum(z + 4.0, 0.0)
    neck = (
        (9.5 + chest.wall)
        * np.sqrt(np.maximum(1.0 - (x / throat) ** 2, 0.0))
        * np.clip((5.0 - z) / 6.0, 0.0, 1.0)
    )
    limbs = _yoke(grid, side, z) * top, _arms(grid, side, z)
    return np.asarray(
        np.cbrt(torso**3 + neck**3 + limbs[0] ** 3 + limbs[1] ** 3).astype(np.float32)
    )


def _below_shoulders(grid: Grid, side: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return 0 above the line from neck to shoulder, rising to 1 below it."""
    joint = grid.chest.half_width + 3.4
    rise = grid.chest.clavicle_rise
    slope = -8.0 - 0.2 * grid.chest.wall + (6.0 - 0.7 * rise) * (side / joint) ** 0.75
    return np.sqrt(1.0 - np.exp(-np.maximum(z - slope, 0.0) / 2.2))


def _yoke(grid: Grid, side: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the thickness of the shoulders, from the neck to the upper arms, cm."""
    chest = grid.chest
    reach = chest.half_width + 7.0 + 0.7 * chest.wall
    across = np.maximum(1.0 - (side / reach) ** 5.0, 0.0)
    down = np.maximum(1.0 - (np.maximum(z - 1.0, 0.0) / 8.5) ** 2.5, 0.0)
    return np.asarray((11.5 + 1.0 * chest.wall) * np.sqrt(across * down))


def _arms(grid: Grid, side: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the thickness of the upper arms, cm."""
    chest = grid.chest
    radius = 3.9 + 0.6 * chest.wall
    axis = _arm_axis(grid, z)
    above = np.maximum(2.0 - z, 0.0) / (radius + 0.4)
    rest = 1.0 - ((side - axis) / radius) ** 2 - above**2
    return np.asarray(2.35 * radius * np.sqrt(np.maximum(rest, 0.0)))


def _arm_axis(grid: Grid, z: np.ndarray) -> np.ndarray:
    chest = grid.chest
    lean = max(0.0, 0.08 + 0.09 * chest.scapula)
    return chest.half_width + 4.2 + 0.45 * chest.wall + np.maximum(z - 2.0, 0.0) * lean


def rib_cage(grid: Grid) -> Interval:
    """Return the inside of the rib cage: what lungs and mediastinum share."""
    chest = grid.chest
    x, z = grid.at(chest.middle)
    side = np.abs(x)
    apex = np.where(x < 0, chest.apex_x, chest.apex_x * 1.03)
    closing = np.maximum(5.2 - z, 0.0) / 5.2
    lateral = np.maximum(side - apex, 0.0) / np.maximum(chest.rib_cage(z) - apex, 0.5)
    medial = np.maximum(apex - side, 0.0) / 3.6 * np.minimum(closing * 1.3, 1.0)
    rest = 1.0 - lateral**2.3 - medial**2.2 - closing**2.4
    deep = chest.depth / 2.0 * (0.52 + 0.48 * (1.0 - np.exp(-np.maximum(z, 0.0) / 7.5)))
    return around(chest.middle + 1.2 * np.exp(-np.maximum(z, 0) / 6.0), deep, rest)


def domes(grid: Grid) -> Interval:
    """Return what lies under the two domes of the diaphragm."""
    chest = grid.chest
    x, z = grid.at(chest.middle)
    right = x < 0.0
    centre = np.where(right, -0.49, 0.47) * chest.half_width
    top = chest.dome + np.where(right, 0.0, chest.left_drop)
    inner = np.where(right, x > centre, x < centre)
    reach = chest.half_width * np.where(inner, 0.92, 0.56)
    rest = (z - top) / chest.dome_height - ((x - centre) / reach) ** 2
    half = 0.5 * chest.depth * np.sqrt(np.clip(2.0 * rest, 0.0, 1.6)) - 1e3 * (rest <= 0)
    middle = chest.middle - 0.06 * chest.depth
    return middle - half, middle + half


def mediastinum(grid: Grid) -> list[Interval]:
    """Return heart, great vessels, their pedicle and the spine: all that is not lung between."""
    chest = grid.chest
    size, base = chest.heart, chest.dome
    y_heart = chest.front + 0.41 * chest.depth
    left = ellipsoid(
        grid, (2.5 * size, y_heart, base - 2.7 * size), (7.1 * size, 4.5 * size, 6.8 * size), 0.66
    )
    right = ellipsoid(
        grid, (-0.6 * size, y_heart, base - 3.4 * size), (5.4 * size, 3.6 * size, 6.2 * size), 1.4
    )
    base_of_heart = ellipsoid(
        grid, (0.7, y_heart + 0.8, base - 8.0 * size), (5.6 * size, 3.4 * size, 6.0 * size), 1.3
    )
    knob = ellipsoid(
        grid, (2.2, chest.middle + 0.6, 0.3 * base), (2.05 * size**2, 2.0 * size**2, 4.6), 0.0
    )
    trunk = ellipsoid(grid, (2.1 * size, y_heart, 0.44 * base), (2.4 * size, 1.9 * size, 2.6), 1.1)
    hila = [
        ellipsoid(grid, (-3.3 * size, chest.middle, 0.48 * base), (2.3, 1.15, 1.6), 1.75),
        ellipsoid(grid, (3.5 * size, chest.middle, 0.43 * base), (1.9, 1.2, 1.6), 1.4),
    ]
    return [
        left,
        right,
        base_of_heart,
        *hila,
        knob,
        trunk,
        _pedicle(grid),
        _spine(grid),
        _aorta(grid),
    ]


def _pedicle(grid: Grid) -> Interval:
    """Return the great vessels and the soft tissue between the lungs, from neck to heart."""
    chest = grid.chest
    x, z = grid.at(chest.middle)
    centre = 0.1 + 0.5 * np.exp(-(((z - 0.33 * chest.dome) / 3.0) ** 2))
    half = (
        2.5 * chest.heart
        + 0.03 * z
        + 0.2 * np.sin(0.8 * z + 6.0 * chest.sway)
        + 0.6 * np.exp(-np.maximum(z + 2.0, 0.0) / 2.2)
    )
    rest = 1.0 - np.abs((x - centre) / half) ** 2.6
    return around(chest.middle - 0.06 * chest.depth, 0.44 * chest.depth, rest)


def _spine(grid: Grid) -> Interval:
    chest = grid.chest
    x, z = grid.at(chest.front + chest.depth)
    rest = 1.0 - ((x - spine_axis(grid, z)) / 2.25) ** 2
    return around(chest.front + chest.depth + 0.3, 2.8, rest)


def _aorta(grid: Grid) -> Interval:
    chest = grid.chest
    depth = chest.front + 0.86 * chest.depth
    x, z = grid.at(depth)
    rest = 1.0 - ((x - 1.6) / 1.35) ** 2
    return around(depth, 1.35, np.where(z > 0.3 * chest.dome, rest, -1.0))


def spine_axis(grid: Grid, z: np.ndarray) -> np.ndarray:
    """Return the x of the spine's axis at level `z`, cm."""
    return (grid.chest.sway * np.sin(z / 7.0)).astype(np.float32)


def breasts(grid: Grid) -> np.ndarray:
    """Return the thickness of the breasts, cm: a clear fold below, fading out above."""
    chest = grid.chest
    if chest.breast <= 0.0:
        return np.zeros(grid.shape, np.float32)
    x, z = grid.at(0.0)
    fold = 1.13 * chest.dome + 0.5 * chest.breast
    across = (np.abs(x) - 0.66 * chest.half_width) / (0.44 * chest.half_width)
    down = (z - (fold - 4.2)) / np.where(z > fold - 4.2, 4.2, 8.5)
    rest = np.maximum(1.0 - across**2 - down**2, 0.0)
    held = np.clip((chest.rib_cage(z) + chest.wall - np.abs(x)) / 2.0, 0.0, 1.0)
    thick = chest.breast * np.where(z > fold - 4.2, rest**0.55, rest)
    return np.asarray((thick * held).astype(np.float32))


def gas(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the length of gas in stomach and bowel along each ray, cm."""
    chest = grid.chest
    total = np.zeros(grid.shape, np.float32)
    level = chest.dome + chest.left_drop
    if chest.stomach_gas > 0.0:
        x = 0.47 * chest.half_width + float(rng.normal(0.0, 0.8))
        z = level + float(rng.uniform(2.0, 2.8))
        radii = (float(rng.uniform(1.6, 3.4)), float(rng.uniform(0.9, 1.5)), chest.stomach_gas / 2)
        total += chord(ellipsoid(grid, (x, 9.0, z), radii, float(rng.normal(0.1, 0.15))))
    for _ in range(int(rng.integers(0, 7))):
        x, z = float(rng.normal(5.5, 3.0)), level + float(rng.uniform(3.5, 9.0))
        radii = (float(rng.uniform(0.6, 1.6)), float(rng.uniform(0.5, 0.9)), 0.9)
        total += chord(ellipsoid(grid, (x, 8.0, z), radii, float(rng.uniform(-1.5, 1.5))))
    ragged = np.clip(0.75 + 0.45 * noise(grid.shape, (24, 48), rng), 0.0, 1.2)
    return np.minimum(total * ragged, 5.0)
