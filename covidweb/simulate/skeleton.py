"""Bones: ribs, clavicles, shoulder blades, arms and spine, as attenuation along each ray."""

import numpy as np
from scipy import ndimage

from covidweb.simulate.grid import Grid
from covidweb.simulate.organs import spine_axis
from covidweb.simulate.tubes import Tubes, nearest, resample, shell

CORTEX = 0.75
"""Attenuation of cortical bone beyond soft tissue, per cm, at the beam's mean energy."""
MARROW = 0.09
"""The same of spongy bone."""
RIBS = 11


def skeleton(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the attenuation that bone adds to soft tissue along each ray, float32 (H, W)."""
    back, front = _ribs(grid, rng)
    total = _tube_bone(grid, back, 0.12, 0.5)
    total += _tube_bone(grid, front, 0.09, 0.42)
    total += _tube_bone(grid, _girdle(grid, rng), 0.18, 0.6)
    total += _shoulder_blades(grid, rng)
    total += _spine(grid, rng)
    return (0.88 * total * grid.chest.bone).astype(np.float32)


def _tube_bone(grid: Grid, tubes: Tubes, wall: float, flat: float) -> np.ndarray:
    """Return the attenuation of hollow bones; `flat` is their depth over their height."""
    near = nearest(grid, tubes)
    cortex, marrow = shell(near, wall)
    edge = np.where(near.below, 1.25, 0.85)
    return flat * (CORTEX * cortex * edge + MARROW * marrow)


def _ribs(grid: Grid, rng: np.random.Generator) -> tuple[Tubes, Tubes]:
    """Return the ribs' back halves and front halves."""
    back: list[Tubes] = []
    front: list[Tubes] = []
    for side in (-1.0, 1.0):
        for number in range(1, RIBS + 1):
            turn, points, radius, weight = _rib(grid, number, side, rng)
            ahead = np.clip((turn - 1.4) / 0.34, 0.0, 1.0).astype(np.float32)
            for half, share in ((back, 1.0 - ahead), (front, ahead)):
                kept = share > 0.0
                half.append(Tubes(points[kept], radius[kept], (weight * share)[kept]))
    return Tubes.join(back), Tubes.join(front)


def _rib(
    grid: Grid, number: int, side: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return one rib: angle from the spine, points, radius and weight along it."""
    chest = grid.chest
    head = 0.2 + chest.rib_step * (number - 1) + float(rng.normal(0.0, 0.08))
    drop = chest.rib_drop * min(1.0, 0.45 + 0.14 * number) * float(rng.normal(1.0, 0.05))
    ring = {1: 0.76, 2: 0.9, 3: 0.97}.get(number, 1.0)
    half = ring * float(chest.rib_cage(head + drop)) + 0.45
    deep = (0.5 * chest.depth + 0.4) * min(1.0, 0.5 + 0.1 * number)
    last = np.deg2rad({1: 150, 8: 128, 9: 118, 10: 108, 11: 78}.get(number, 142))
    turn = np.linspace(float(np.arcsin(1.1 / half)), last, 160)
    x = side * half * np.sin(turn)
    y = chest.middle + 0.6 + deep * np.cos(turn)
    z = head + drop * (1.0 - np.cos(turn)) - 0.45 * np.sin(2.0 * np.minimum(turn, np.pi / 2))
    points = np.stack([x, y, z], axis=1)
    dense = resample(points, 0.4 * grid.pitch)
    along = np.interp(np.arange(len(dense)), np.linspace(0, len(dense) - 1, 160), turn)
    tangent = np.gradient(dense, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    oblique = 1.0 / np.sqrt(np.maximum(1.0 - tangent[:, 1] ** 2, 0.3))
    fade = np.clip((last - along) / 0.75, 0.0, 1.0)
    radius = chest.rib_radius * np.where(along > np.pi / 2, 1.12, 1.0)
    radius = radius * (1.0 - 0.45 * np.sin(along) ** 8)
    radius = radius * (1.0 - 0.3 * np.exp(-(((along - along[0]) / 0.16) ** 2)))
    radius = radius * (1.0 + 0.05 * np.sin(7.0 * along + number))
    return along, dense, radius.astype(np.float32), (oblique * fade).astype(np.float32)


def _girdle(grid: Grid, rng: np.random.Generator) -> Tubes:
    """Return clavicles, spines of the shoulder blades, and upper arms."""
    chest, parts = grid.chest, []
    joint = chest.half_width + 3.4
    rise = chest.clavicle_rise + (1.0 if grid.exposure.view == "AP" else 0.0)
    for side in (-1.0, 1.0):
        lift = float(rng.normal(0.0, 0.35))
        end = -rise + lift
        collar = [
            (1.9, 2.2, 2.6 - 0.4 * rise),
            (3.6, 1.9, 1.9 - 0.5 * rise),
            (0.36 * joint, 2.6, 1.0 - 0.7 * rise),
            (0.62 * joint, 5.0, end + 0.4),
            (0.82 * joint, 6.5, end - 0.2),
            (0.99 * joint, 7.5, end),
        ]
        parts.append(_bone(grid, collar, side, (0.66, 0.55, 0.5, 0.52, 0.6, 0.7), 0.75))
        ridge = [
            (0.62 * joint, 18.0, 2.2 + lift),
            (0.85 * joint, 16.0, 0.4 + lift),
            (1.04 * joint, 12.0, end + 0.8),
        ]
        parts.append(_bone(grid, ridge, side, (0.25, 0.5, 0.7), 0.45))
        lean = max(0.0, 0.08 + 0.09 * chest.scapula)
        out = 0.5 * chest.wall
        arm = [
            (joint + 1.4, 11.0, 1.5 + lift),
            (joint + 2.0 + 0.4 * out, 11.0, 6.0),
            (joint + 2.2 + out + 14 * lean, 11.0, 18.0),
        ]
        parts.append(_bone(grid, arm, side, (2.3, 1.25, 1.1), 0.4))
    return Tubes.join(parts)


def _bone(
    grid: Grid,
    knots: list[tuple[float, float, float]],
    side: float,
    radii: tuple[float, ...],
    weight: float,
) -> Tubes:
    """Return one long bone through its knots, smoothed, with radii at the knots."""
    place = np.linspace(0.0, 1.0, len(knots))
    fine = np.linspace(0.0, 1.0, 120)
    columns = [_curve(place, np.array(axis), fine) for axis in zip(*knots, strict=True)]
    points = np.stack([side * columns[0], columns[1], columns[2]], axis=1)
    dense = resample(points, 0.4 * grid.pitch)
    at = np.linspace(0.0, 1.0, len(dense))
    radius = np.interp(at, place, radii).astype(np.float32)
    return Tubes(dense, radius, np.full(len(dense), weight, np.float32))


def _curve(place: np.ndarray, values: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Return a smooth curve through the knots."""
    rough = np.interp(fine, place, values)
    return np.asarray(ndimage.gaussian_filter1d(rough, 6.0, mode="nearest"))


def _shoulder_blades(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the attenuation of the two blades: a thin plate with a stronger outer border."""
    chest = grid.chest
    x, z = grid.at(chest.thickness - 3.0)
    out = chest.half_width + 0.55 * chest.scapula + (0.6 if grid.exposure.view == "PA" else -1.4)
    total = np.zeros(grid.shape, np.float32)
    for side in (-1.0, 1.0):
        shift = float(rng.normal(0.0, 0.3))
        tip, neck = (out - 0.8 + shift, 12.0), (out + 2.4 + shift, 2.6)
        corner = (out - 3.6 + shift, -0.2)
        p = side * x
        lateral = _half_plane(p, z, tip, neck) + 0.35 * np.sin((z - 3.0) / 3.2)
        medial = _half_plane(p, z, corner, tip) - 0.5 * np.sin((z + 1.0) / 4.4)
        upper = _half_plane(p, z, neck, corner)
        depth = np.minimum(np.minimum(lateral, medial), upper)
        plate = 0.11 * np.clip(depth / 0.25, 0.0, 1.0)
        rim = 0.2 * np.exp(-(((lateral - 0.35) / 0.3) ** 2)) * np.clip(depth / 0.2, 0.0, 1.0)
        thin = 0.1 * np.exp(-(((medial - 0.15) / 0.18) ** 2)) * np.clip(depth / 0.2, 0.0, 1.0)
        total += (plate + rim + thin).astype(np.float32)
    return total


def _half_plane(
    x: np.ndarray, z: np.ndarray, start: tuple[float, float], end: tuple[float, float]
) -> np.ndarray:
    """Return the signed distance to a line, positive on the side that closes the blade."""
    dx, dz = end[0] - start[0], end[1] - start[1]
    length = float(np.hypot(dx, dz))
    return ((x - start[0]) * dz - (z - start[1]) * dx) / length


def _spine(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the attenuation of the vertebrae: bodies, end plates, pedicles, processes."""
    chest = grid.chest
    depth = chest.front + chest.depth
    x, z = grid.at(depth)
    off = x - spine_axis(grid, z)
    phase = (z + 0.4) / chest.rib_step
    within = np.abs(phase - np.floor(phase) - 0.5) * 2.0
    half = 1.65 + 0.012 * np.maximum(z, 0.0) - 0.22 * np.sqrt(np.maximum(1.0 - within**2, 0.0))
    core = np.clip((half - np.abs(off)) / 0.25, 0.0, 1.0)
    rim = np.exp(-(((half - 0.15 - np.abs(off)) / 0.16) ** 2))
    plate = np.exp(-((((1.0 - within) * 0.5 * chest.rib_step - 0.28) / 0.13) ** 2))
    disc = np.clip((within - 0.8) / 0.15, 0.0, 1.0)
    bodies = core * (0.12 + 0.09 * plate - 0.13 * disc) + 0.07 * rim
    level = (phase - np.floor(phase) - 0.42) * chest.rib_step
    pedicle = np.hypot((np.abs(off) - 1.05) / 0.36, level / 0.5)
    process = np.hypot(off / 0.26, (level - 0.75) / 0.6)
    rings = 0.09 * np.exp(-(((pedicle - 0.85) / 0.22) ** 2)) + 0.12 * np.exp(-(process**3))
    return np.asarray((bodies + rings).astype(np.float32) * float(rng.uniform(0.85, 1.1)))
