"""From a chest to what the beam meets: lengths of lung and opacity, attenuation, exact masks."""

from dataclasses import dataclass

import numpy as np

from covidweb.simulate import devices, organs
from covidweb.simulate.fields import noise
from covidweb.simulate.grid import Grid, inside
from covidweb.simulate.lesions import Lesion, LesionField
from covidweb.simulate.skeleton import skeleton
from covidweb.simulate.tubes import Tubes, nearest, resample, solid
from covidweb.simulate.vessels import vessels

SOFT = 0.19
"""Attenuation of soft tissue and blood, per cm, at the mean energy behind the chest."""
LUNG = 0.05
"""The same of aerated lung."""
SLABS = 18
LEAST_LUNG = 0.6
"""Length of lung along a ray, cm, from which the ray counts as crossing a lung."""
LEAST_OPACITY = 0.25
FULL_OPACITY = 2.5
"""Length of replaced air along a ray, cm, from which the opacity's mask is 1."""


@dataclass(frozen=True, eq=False)
class Projection:
    """What each ray meets.

    Attributes:
        attenuation: float32 (H, W), the exponent of Beer and Lambert's law.
        healthy: float32 (H, W), the attenuation of the same chest without its opacities.
        right, left: bool (H, W), the patient's lungs down to the domes, with what lies behind
            the heart.
        opacity: float32 (H, W) in 0..1, how much replaced air the ray crosses; 0 outside lungs.
    """

    attenuation: np.ndarray
    healthy: np.ndarray
    right: np.ndarray
    left: np.ndarray
    opacity: np.ndarray


def project(
    grid: Grid,
    lesions: tuple[Lesion, ...],
    rng: np.random.Generator,
    lesion_rng: np.random.Generator,
) -> Projection:
    """Send the beam through the chest.

    Args:
        grid: the film.
        lesions: opacities, none for a healthy chest.
        rng: draws the details of the anatomy.
        lesion_rng: draws the borders of the opacities, so that the anatomy stays the same.
    """
    domes = organs.domes(grid)
    lung, filled = _lungs(grid, domes, lesions, lesion_rng)
    seen = (lung > LEAST_LUNG) & (domes[1] < domes[0])
    x, _ = grid.at(grid.chest.middle)
    opacity = np.where(seen & (filled > LEAST_OPACITY), filled / FULL_OPACITY, 0.0)
    attenuation, healthy = _attenuation(grid, lung, filled, rng)
    return Projection(
        attenuation,
        healthy,
        seen & (x < 0),
        seen & (x >= 0),
        np.clip(opacity, 0.0, 1.0).astype(np.float32),
    )


def _lungs(
    grid: Grid,
    domes: tuple[np.ndarray, np.ndarray],
    lesions: tuple[Lesion, ...],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lengths of lung and of replaced air along each ray, cm."""
    chest = grid.chest
    cage = organs.rib_cage(grid)
    solids = [*organs.mediastinum(grid), domes]
    step = chest.depth / SLABS
    field = LesionField(grid, lesions, rng) if lesions else None
    lung, filled = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.float32)
    for slab in range(SLABS):
        depth = chest.front + (slab + 0.5) * step
        air = inside(cage, depth, step)
        for organ in solids:
            air *= 1.0 - inside(organ, depth, step)
        lung += step * air
        if field is not None:
            filled += step * air * field.at(depth)
    return lung, filled


def _attenuation(
    grid: Grid, lung: np.ndarray, filled: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the attenuation with and without the replaced air, each float32 (H, W)."""
    body = organs.body(grid)
    present = np.clip(body / 9.0, 0.0, 1.0) ** 2
    uneven = noise(grid.shape, (5, 10, 20), rng)
    tissue = np.maximum(body * (1.0 + 0.012 * uneven) + organs.breasts(grid) * present - lung, 0.0)
    hollow = organs.gas(grid, rng) + _airway(grid)
    tissue = np.maximum(tissue - hollow * present, 0.0)
    clear = np.clip(1.0 - 1.1 * filled / np.maximum(lung, 1.0), 0.0, 1.0)
    blood = 2.1 * vessels(grid, rng) * np.clip((lung - 2.5) / 5.0, 0.0, 1.0)
    blood += noise(grid.shape, (36, 72, 140), rng) * lung * 0.032
    patchy = 0.92 + 0.24 * noise(grid.shape, (34, 68, 110), rng)
    bone = skeleton(grid, rng) * np.clip(body / 3.0, 0.0, 1.0)
    rest = SOFT * tissue + LUNG * lung + bone + devices.leads(grid, rng)
    sick = rest + (SOFT - LUNG) * (patchy * filled + clear * blood)
    return sick.astype(np.float32), (rest + (SOFT - LUNG) * blood).astype(np.float32)


def _airway(grid: Grid) -> np.ndarray:
    """Return the length of trachea and main bronchi along each ray, cm."""
    chest = grid.chest
    split = 0.4 * chest.dome
    y = chest.middle + 0.05 * chest.depth
    paths = [
        ([(0.0, y - 4, -9.0), (0.1, y - 2, 0.0), (0.35, y, split)], 0.9),
        ([(0.35, y, split), (-1.4, y, split + 1.5), (-2.7, y, split + 2.6)], 0.6),
        ([(0.35, y, split), (2.0, y, split + 1.5), (4.0, y, split + 2.6)], 0.5),
    ]
    parts = []
    for knots, radius in paths:
        points = resample(np.array(knots), 0.4 * grid.pitch)
        count = len(points)
        weight = np.linspace(1.0, 1.0 if radius > 0.8 else 0.4, count)
        parts.append(Tubes(points, np.full(count, radius, np.float32), weight.astype(np.float32)))
    return solid(nearest(grid, Tubes.join(parts)), grid.pitch)
