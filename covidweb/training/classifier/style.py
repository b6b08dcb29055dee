"""How a film was taken: grey levels, light, sharpness, grain and compression, drawn at random.

Everything that differs between hospitals for reasons of equipment is drawn anew for each film.
"""

import io

import cv2
import numpy as np
from PIL import Image, ImageFilter
from scipy.special import expit

from covidweb.training.classifier.strength import Strength

LEVELS = np.linspace(0, 1, 256, dtype=np.float32)


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
    return np.asarray((counts.cumsum() - 0.5 * counts) / counts.sum())


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
    bent = expit(8 * (curve - middle))
    curve = curve + 0.5 * max(0.0, slope) * (bent - curve)
    low, high = rng.uniform(0, 0.12), rng.uniform(0.88, 1.0)
    return np.asarray((low + (high - low) * curve).astype(np.float32))


def _mix(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    return np.asarray(first + share * (second - first))


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
    window = np.ones((int(rng.choice((3, 5))),) * 2, np.uint8)
    change = cv2.erode if chance < 0.2 else cv2.dilate
    return change(np.ascontiguousarray(mask), window)
