"""From attenuation to a film: scatter, noise, blur, the film's curve, edges and side letters."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from scipy.special import expit

from covidweb.simulate.anatomy import Exposure
from covidweb.simulate.fields import smooth
from covidweb.simulate.grid import Grid

GRID_ROWS = 7
"""Scatter is no finer than the film's side over this."""
STEEPEST = 2.2
"""Contrast limit of the film's curve."""
COARSE = 3


@dataclass(frozen=True)
class _Curve:
    """The film's S-shaped curve: the logit of the grey rises by `steep` per unit above `low`."""

    low: float
    dark: float
    steep: float


def develop(
    grid: Grid,
    attenuation: np.ndarray,
    healthy: np.ndarray,
    lungs: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the film, float32 (H, W) in 0..1, air dark and bone bright.

    Args:
        grid: the film's pixels.
        attenuation: float32 (H, W), the exponent of Beer and Lambert's law.
        healthy: the same without opacities; sets the film's curve, so that an opacity changes
            the film where it lies and not the whole film's greys.
        lungs: bool (H, W), where the curve has its dark anchor.
        rng: draws the noise and the side letter's place.
    """
    exposure = grid.exposure
    curve = _set_curve(grid, healthy, lungs)
    light = _expose(attenuation, exposure, grid.pitch, rng)
    density = _process(-np.log(light), exposure, grid.pitch)
    grey = expit(curve.dark + curve.steep * (density - curve.low))
    return _finish(np.clip((grey - 0.02) / 0.96, 0.0, 1.0), exposure, rng)


def _set_curve(grid: Grid, healthy: np.ndarray, lungs: np.ndarray) -> _Curve:
    """Lay the curve through two anchors, the lungs and the dense middle, on a coarse film."""
    exposure = grid.exposure
    coarse, inside = healthy[::COARSE, ::COARSE], lungs[::COARSE, ::COARSE]
    light = _expose(coarse, exposure, grid.pitch * COARSE, None)
    density = _process(-np.log(light), exposure, grid.pitch * COARSE)
    body = coarse > 0.6
    low = float(np.median(density[inside])) if inside.any() else float(density.min())
    high = float(np.percentile(density[body], 72)) if body.any() else float(density.max())
    dark, pale = _logit(exposure.lung_grey), _logit(exposure.dense_grey)
    return _Curve(low, dark, min((pale - dark) / max(high - low, 0.2), STEEPEST))


def _expose(
    attenuation: np.ndarray, exposure: Exposure, pitch: float, rng: np.random.Generator | None
) -> np.ndarray:
    """Return the light on the detector, behind nothing 1: primary, scatter and photon noise."""
    primary = np.exp(-attenuation)
    scatter = smooth(np.minimum(primary, 0.12), GRID_ROWS)
    light = primary + exposure.scatter * np.maximum(scatter, 0.0)
    if rng is not None:
        photons = exposure.photons * pitch**2
        light += np.sqrt(light / photons) * rng.standard_normal(light.shape, dtype=np.float32)
    light = ndimage.gaussian_filter(light, max(0.45, exposure.blur / pitch))
    return np.asarray(np.maximum(light, 1e-3).astype(np.float32))


def _process(density: np.ndarray, exposure: Exposure, pitch: float) -> np.ndarray:
    """Flatten broad shading and raise edges, as digital systems do."""
    broad = smooth(np.minimum(density, np.percentile(density, 90)), 5)
    flat = density - exposure.flatten * (broad - float(broad.mean()))
    soft = ndimage.gaussian_filter(flat, 0.45 / pitch, truncate=2.5)
    return np.asarray(flat + exposure.sharpen * (flat - soft))


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def _finish(film: np.ndarray, exposure: Exposure, rng: np.random.Generator) -> np.ndarray:
    """Darken what lies outside the collimator, and put the side letter on."""
    lit = lit_area(exposure, film.shape)
    shade = ndimage.gaussian_filter(lit.astype(np.float32), 0.004 * film.shape[1])
    film = film * shade + 0.015 * (1.0 - shade)
    if exposure.marker:
        film = _stamp(film, exposure, rng)
    return np.asarray(np.clip(film, 0.0, 1.0).astype(np.float32))


def lit_area(exposure: Exposure, shape: tuple[int, ...]) -> np.ndarray:
    """Return bool (H, W): what the collimator lets the beam reach."""
    height, width = shape
    left, top, right, bottom = exposure.border
    across = (np.arange(width) + 0.5) / width
    down = (np.arange(height) + 0.5) / height
    columns = (across >= left) & (across <= 1 - right)
    rows = (down >= top) & (down <= 1 - bottom)
    return rows[:, None] & columns[None, :]


def _stamp(film: np.ndarray, exposure: Exposure, rng: np.random.Generator) -> np.ndarray:
    """Put the side letter beside the shoulder: `R` at the picture's left, `L` at its right."""
    height, width = film.shape
    size = max(8, int(width * rng.uniform(0.04, 0.065)))
    layer = Image.new("L", (width, height), 0)
    x = rng.uniform(0.03, 0.1)
    x = x if exposure.marker == "R" else 1.0 - x - size / width
    y = rng.uniform(0.04, 0.22)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(layer).text((int(x * width), int(y * height)), exposure.marker, 255, font=font)
    letter = np.asarray(layer, np.float32) / 255.0 * float(rng.uniform(0.75, 1.0))
    letter = ndimage.gaussian_filter(letter, 0.5)
    return np.asarray(np.maximum(film, letter))
