"""Make a training film from a crop: where it lies, whether it is sick, how it was taken.

Everything that differs between hospitals for reasons of equipment is drawn at random, after an
opacity was inserted, so that neither its edges nor its grain give it away.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from covidweb.simulate.opacity import MIN_LUNG_PIXELS, insert_opacity

LEVELS = np.linspace(0, 1, 256, dtype=np.float32)


@dataclass(frozen=True)
class Strength:
    """How hard films are changed; probabilities are per film.

    Attributes:
        turn: largest rotation in degrees. zoom, shift: largest change as a fraction of the side.
        borrow: probability of moving the grey levels towards those of another source's film.
        equalise: probability of equalising the histogram in part.
        curve: spread of the gamma's logarithm. shade: amplitude of a smooth light field, 0..1.
        blur, noise, jpeg, resolution: probabilities of the degradations.
    """

    turn: float = 8.0
    zoom: float = 0.1
    shift: float = 0.05
    borrow: float = 0.5
    equalise: float = 0.25
    curve: float = 0.35
    shade: float = 0.05
    blur: float = 0.35
    noise: float = 0.35
    jpeg: float = 0.3
    resolution: float = 0.35


def placed(
    crop: np.ndarray, frame: np.ndarray, size: int, rng: np.random.Generator, how: Strength
) -> np.ndarray:
    """Cut the standard frame out of a crop, turned, zoomed and shifted a little.

    Args:
        crop: uint8 (C, C, 2). frame: float (4,) in fractions of the crop.
        size: side of the result.

    Returns:
        uint8 (size, size, 2).
    """
    side = crop.shape[0]
    left, top, right, bottom = frame * side
    width, height = (right - left), (bottom - top)
    zoom = 1 + how.zoom * rng.uniform(-1, 1) + 0.5 * how.zoom * rng.uniform(-1, 1, 2)
    middle = np.array([left + right, top + bottom]) / 2
    middle = middle + how.shift * rng.uniform(-1, 1, 2) * (width, height)
    angle = np.deg2rad(how.turn * rng.uniform(-1, 1))
    scale = np.array([width, height]) * zoom / size
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.array([[cosine, -sine], [sine, cosine]]) * scale[None]
    offset = middle - matrix @ (np.full(2, size / 2))
    data = (*matrix[0], offset[0], *matrix[1], offset[1])
    layers = [
        Image.fromarray(np.ascontiguousarray(crop[..., i])).transform(
            (size, size), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
        )
        for i in (0, 1)
    ]
    return np.stack([np.asarray(layer) for layer in layers], -1)


def with_opacity(
    film: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Insert an opacity into uint8 (S, S, 2); None where hardly any lung is seen.

    Returns:
        The film, uint8 (S, S, 2), and the extent float32 (S, S) in 0..1.
    """
    mask = film[..., 1] > 127
    if mask.sum() < 4 * MIN_LUNG_PIXELS:
        return None
    grey, extent = insert_opacity(film[..., 0].astype(np.float32) / 255, mask, rng)
    return np.stack([np.round(grey * 255).astype(np.uint8), film[..., 1]], -1), extent


def restyled(
    film: np.ndarray, donor: np.ndarray, rng: np.random.Generator, how: Strength
) -> np.ndarray:
    """Change how a film was taken: grey levels, light, sharpness, grain, compression.

    Args:
        film: uint8 (S, S, 2); the mask is only roughened.
        donor: uint8 (S', S', 2), a film of any source, for its grey levels.

    Returns:
        float32 (S, S, 2) in 0..1.
    """
    grey = film[..., 0]
    curve = _curve(_shares(grey), donor, rng, how)
    grey = (curve[grey] * 255).astype(np.uint8)
    grey = _degraded(grey, rng, how)
    values = grey.astype(np.float32) / 255
    if rng.random() < 0.5:
        values = values + how.shade * _field(len(values), rng)
    mask = _roughened(film[..., 1], rng)
    return np.stack([np.clip(values, 0, 1), mask.astype(np.float32) / 255], -1)


def _shares(grey: np.ndarray) -> np.ndarray:
    """Return the share of pixels at or below each level, float (256,), 0..1."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    return (counts.cumsum() - 0.5 * counts) / counts.sum()


def _curve(
    shares: np.ndarray, donor: np.ndarray, rng: np.random.Generator, how: Strength
) -> np.ndarray:
    """Draw a rising grey-level curve: float32 (256,) in 0..1."""
    curve = LEVELS
    if rng.random() < how.borrow:
        target = np.interp(shares, _shares(donor[..., 0]), LEVELS)
        curve = _mix(curve, target, rng.uniform(0.3, 1.0))
    if rng.random() < how.equalise:
        curve = _mix(curve, shares, rng.uniform(0.3, 1.0))
    curve = np.clip(curve, 0, 1) ** np.exp(how.curve * rng.standard_normal())
    middle, slope = rng.uniform(0.3, 0.7), rng.uniform(-1, 1)
    bent = 1 / (1 + np.exp(-8 * (curve - middle)))
    curve = curve + 0.5 * max(0.0, slope) * (bent - curve)
    low, high = rng.uniform(0, 0.12), rng.uniform(0.88, 1.0)
    return (low + (high - low) * curve).astype(np.float32)


def _mix(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    return first + share * (second - first)


def _degraded(grey: np.ndarray, rng: np.random.Generator, how: Strength) -> np.ndarray:
    size = len(grey)
    image = Image.fromarray(grey)
    if rng.random() < how.resolution:
        small = round(size * rng.uniform(0.45, 1.0))
        image = image.resize((small, small), Image.Resampling.BILINEAR)
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    if rng.random() < how.blur:
        if rng.random() < 0.65:
            image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1.2)))
        else:
            image = image.filter(ImageFilter.UnsharpMask(1.5, int(rng.integers(20, 120)), 0))
    if rng.random() < how.noise:
        grain = rng.standard_normal(grey.shape, np.float32) * (255 * rng.uniform(0.005, 0.035))
        image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    if rng.random() < how.jpeg:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=int(rng.integers(25, 90)))
        image = Image.open(stream)
    return np.asarray(image)


def _field(size: int, rng: np.random.Generator) -> np.ndarray:
    knots = Image.fromarray(rng.standard_normal((3, 3), np.float32))
    return np.asarray(knots.resize((size, size), Image.Resampling.BICUBIC))


def _roughened(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    chance = rng.random()
    if chance > 0.4:
        return mask
    kind = ImageFilter.MinFilter if chance < 0.2 else ImageFilter.MaxFilter
    return np.asarray(Image.fromarray(mask).filter(kind(int(rng.choice((3, 5))))))
