"""Insert ground-glass opacities and consolidations into a film, at a place that is then known.

The insertion works on what the film shows, not on absolute grey: the lungs' own level and the
soft tissue around them say how far an opacity may lift the lung, so a dark, a pale and a flat film
are each changed in their own terms. Broad shading is lifted, vessels are veiled, and the film's
grain stays as it is. Fields are drawn on coarse grids and spread by cached spline matrices, which
keeps one insertion at a few milliseconds.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from covidweb.errors import DataError
from covidweb.simulate.fields import noise, smooth

MIN_LUNG_PIXELS = 64
SHARE = (0.05, 0.6)


@dataclass(frozen=True)
class _Plan:
    """What one insertion looks like: drawn once per film.

    Attributes:
        share: of the lungs' area to cover, 0.05..0.6.
        strength: 0 barely visible .. 1 dense consolidation.
        grain: cells of the patches' coarsest noise along the film's side.
        softness: width of the patches' borders, in standard deviations of the noise.
        lower: pull towards the bases. lateral: pull towards the chest wall.
        balance: pull towards the right (+) or left (-) lung; near 0 is bilateral.
        reticular: weight of fine lines. veil: share of the vessels' contrast lost.
    """

    share: float
    strength: float
    grain: int
    softness: float
    lower: float
    lateral: float
    balance: float
    reticular: float
    veil: float


@dataclass(frozen=True)
class _Levels:
    """Grey levels of one film: aerated lung, soft tissue around it, and its fine grain."""

    lung: float
    tissue: float
    grain: float


def insert_opacity(
    pixels: np.ndarray,
    lung_mask: np.ndarray,
    rng: np.random.Generator,
    *,
    strength: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the film with opacities inserted inside the lungs, and where they are.

    Args:
        pixels: float32 (H, W) in 0..1, air dark and bone bright.
        lung_mask: bool (H, W), both lungs.
        rng: source of the draw; the same state gives the same film.
        strength: 0 (barely visible) to 1 (dense consolidation); None draws it.

    Returns:
        The new film, float32 (H, W) in 0..1, unchanged outside the lungs; and the extent of the
        opacities, float32 (H, W) in 0..1, zero outside the lungs.

    Raises:
        DataError: the mask has another shape than the film, or hardly any lung.
    """
    if pixels.shape != lung_mask.shape or int(lung_mask.sum()) < MIN_LUNG_PIXELS:
        raise DataError(
            f"An opacity needs a lung mask of the film's shape with at least {MIN_LUNG_PIXELS} "
            f"pixels of lung. Received: film {pixels.shape}, mask {lung_mask.shape} with "
            f"{int(lung_mask.sum())} pixels."
        )
    film = np.asarray(pixels, np.float32)
    mask = np.asarray(lung_mask, bool)
    plan = _draw_plan(rng, strength)
    levels = _levels(film, mask)
    extent, density = _fields(mask, plan, rng)
    return _apply(film, density, levels, plan, rng), extent


def _draw_plan(rng: np.random.Generator, strength: float | None) -> _Plan:
    low, high = SHARE
    one_sided = rng.random() < 0.2
    return _Plan(
        share=float(low + (high - low) * rng.beta(1.1, 1.5)),
        strength=float(0.2 + 0.8 * rng.beta(1.4, 1.4) if strength is None else strength),
        grain=int(rng.integers(4, 11)),
        softness=float(rng.uniform(0.25, 0.8)),
        lower=float(rng.uniform(-0.3, 2.2)),
        lateral=float(rng.uniform(-0.3, 1.8)),
        balance=float(rng.choice((-1.0, 1.0)) * rng.uniform(1.5, 3.0))
        if one_sided
        else float(rng.normal(0.0, 0.35)),
        reticular=float(0.3 * rng.beta(1.2, 2.2)),
        veil=float(rng.uniform(0.3, 0.8)),
    )


def _levels(film: np.ndarray, mask: np.ndarray) -> _Levels:
    """Read the lungs' level, the soft tissue next to them and the grain off the film."""
    near = smooth(mask.astype(np.float32), 14) > 0.12
    ring = film[near & ~mask]
    lung = float(np.percentile(film[mask], 30))
    tissue = float(np.percentile(ring, 60)) if ring.size else lung
    contrast = max(tissue - lung, 0.08)
    cross = film[1:, 1:] - film[:-1, 1:] - film[1:, :-1] + film[:-1, :-1]
    grain = float(np.median(np.abs(cross[mask[1:, 1:]]))) * 1.4826 / 2.0
    return _Levels(lung, lung + contrast, grain)


def _fields(
    mask: np.ndarray, plan: _Plan, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return extent (0..1) and density (0 none .. about 1 solid), both float32 (H, W)."""
    down, out, side = _lung_coordinates(mask)
    patches = noise(mask.shape, (plan.grain, 2 * plan.grain, 4 * plan.grain), rng)
    score = patches + plan.lower * down + plan.lateral * out + plan.balance * side
    inside = score[mask]
    rank = inside.size - max(1, int(plan.share * inside.size))
    cut = float(np.partition(inside, rank)[rank])
    scaled = np.clip((score - cut) / plan.softness, -8.0, 8.0)
    extent = expit(2.0 * scaled)
    extent = np.where(mask, extent, 0.0).astype(np.float32)
    core = np.clip(scaled * plan.softness / 1.2, 0.0, 1.0)
    texture = noise(mask.shape, (3 * plan.grain, 7 * plan.grain), rng)
    density = plan.strength * (0.6 + 0.4 * core) * (1.0 + 0.22 * texture)
    return extent, np.clip(extent * density * _pleura(mask), 0.0, 1.0).astype(np.float32)


def _lung_coordinates(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return height (-1 apex .. 1 base), outwardness (-1 medial .. 1 lateral) and side (-1, 1).

    Shapes broadcast to (H, W): (H, 1), (1, W), (1, W).
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    middle = (columns[0] + columns[-1]) / 2.0
    half = max(1.0, (columns[-1] - columns[0]) / 2.0)
    across = (np.arange(width, dtype=np.float32) - middle) / half
    span = max(1, rows[-1] - rows[0])
    down = 2.0 * (np.arange(height, dtype=np.float32) - rows[0]) / span - 1.0
    out = np.clip(2.4 * np.abs(across) - 1.3, -1.0, 1.0)
    return down[:, None], out[None, :], np.where(across < 0, 1.0, -1.0).astype(np.float32)[None, :]


def _pleura(mask: np.ndarray) -> np.ndarray:
    """Return 0..1: the opacity thins where the lung itself thins, at its outline."""
    depth = np.clip(2.0 * smooth(mask.astype(np.float32), 44) - 0.6, 0.0, 1.0)
    return np.asarray(np.sqrt(depth) * mask)


def _apply(
    film: np.ndarray,
    density: np.ndarray,
    levels: _Levels,
    plan: _Plan,
    rng: np.random.Generator,
) -> np.ndarray:
    """Lift the lung towards soft tissue, veil its vessels, add reticulation and grain."""
    contrast = levels.tissue - levels.lung
    base = smooth(film, 22)
    vessels = smooth(film, 88) - base
    room = np.maximum(levels.tissue + 0.12 * contrast - base, 0.0)
    lines = _reticular(film.shape, rng)
    grain = rng.standard_normal(film.shape, dtype=np.float32) * levels.grain
    change = 0.85 * room + plan.reticular * contrast * lines - plan.veil * vessels + 0.35 * grain
    return np.asarray(np.clip(film + density * change, 0.0, 1.0).astype(np.float32))


def _reticular(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return fine branching lines: the ridges of a noise field, of mean about 0."""
    cells = int(rng.integers(22, 48))
    return np.asarray(0.8 - np.abs(noise(shape, (cells,), rng)))
