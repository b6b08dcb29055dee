"""Sample values of any depth -> float32 in 0..1."""

import numpy as np

from covidweb.radiograph.levels import Levels, body, nearly_all

_DEPTHS = (8, 10, 12, 14, 16)
_FILLED = 0.27
"""Share of its depth that a film without an offset fills; one that has one fills a quarter."""
_FEWEST = 512
"""Levels that a film must have to be stretched: less is noise on a blank."""


def scale_samples(samples: np.ndarray) -> np.ndarray:
    """Scale a grey picture to float32 0..1.

    - 8 bit (and bool): by the type's range.
    - 16 bit and wider whole numbers: by the smallest of 8, 10, 12, 14 and 16 bits that holds
      the film, because films of 10 to 14 bits are commonly stored in 16 and would come out black.
      Burnt-in markers and a few faulty samples do not count (`levels.body`): they come out white.
      A film that really has 16 bits and is dark stays dark unless its largest value is under a
      quarter of the range.
    - A film that fills hardly a quarter of its depth, as one with an offset does, and one with
      negative values or values over 65,535: stretched from its smallest to its largest.
    - Floating point: as it is when in 0..1, else as above; not-a-number counts as the smallest.

    Args:
        samples: (H, W), any numeric type.

    Returns:
        float32 (H, W) in 0..1.
    """
    if samples.dtype == np.uint8:
        grey = samples.astype(np.float32)
        grey /= np.float32(255)
        return grey
    if samples.dtype == bool:
        return samples.astype(np.float32)
    if samples.dtype.kind == "f":
        samples = _finite(samples)
    levels = Levels.of(samples)
    low, high = _ends(levels, samples.dtype.kind == "f")
    if samples.dtype.kind == "f" and high > low:
        return np.asarray(np.clip((samples - low) / (high - low), 0, 1, dtype=np.float32))
    return levels.paint(stretch(levels.values, low, high))


def stretch(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map low..high to 0..1, clipped, float64; all 0 where `high` is not above `low`."""
    if not high > low:
        return np.zeros(values.shape)
    return np.clip((values - low) / (high - low), 0, 1)


def depth_of(largest: float) -> int | None:
    """Return the smallest usual depth in bits that holds a value, None over 16."""
    return next((bits for bits in _DEPTHS if largest < 2**bits), None)


def _ends(levels: Levels, is_float: bool) -> tuple[float, float]:
    low, high = body(levels.values, levels.counts)
    if is_float and low >= 0 and high <= 1:
        return 0.0, 1.0
    # A few samples over the range do not make it a deeper one.
    depth = depth_of(min(high, nearly_all(levels.values, levels.counts)))
    if low < 0 or depth is None:
        return low, high
    fills_little = _FEWEST <= high - low < _FILLED * 2**depth
    return (low, high) if fills_little else (0.0, 2.0**depth - 1)


def _finite(samples: np.ndarray) -> np.ndarray:
    finite = np.isfinite(samples)
    if finite.all():
        return samples
    floor = samples[finite].min() if finite.any() else 0.0
    return np.where(finite, samples, floor)
