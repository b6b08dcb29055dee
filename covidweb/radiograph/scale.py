"""Sample values of any depth -> float32 in 0..1."""

import numpy as np

_DEPTHS = (8, 10, 12, 14, 16)


def scale_samples(samples: np.ndarray) -> np.ndarray:
    """Scale a grey picture to float32 0..1.

    - 8 bit (and bool): by the type's range.
    - 16 bit and wider whole numbers: by the smallest of 8, 10, 12, 14 and 16 bits that holds
      the largest value, because films of 10 to 14 bits are commonly stored in 16 and would
      come out black. A film that really has 16 bits and is dark stays dark unless its largest
      value is under a quarter of the range.
    - Floating point: as it is when in 0..1, else by depth as above; not-a-number counts as the
      smallest finite value.
    - Negative values, and values over 65,535: stretched from smallest to largest.

    Args:
        samples: (H, W), any numeric type.

    Returns:
        float32 (H, W) in 0..1.
    """
    if samples.dtype == np.uint8:
        return samples.astype(np.float32) / 255.0
    if samples.dtype == bool:
        return samples.astype(np.float32)
    if samples.dtype.kind == "f":
        samples = _finite(samples)
    low, high = float(samples.min()), float(samples.max())
    if low < 0 or high > 65535:
        return stretch(samples, low, high)
    is_unit = samples.dtype.kind == "f" and high <= 1
    top = 1.0 if is_unit else next(2.0**bits - 1 for bits in _DEPTHS if high < 2**bits)
    return np.clip(samples.astype(np.float32) / np.float32(top), 0, 1)


def stretch(samples: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map low..high to float32 0..1, clipped; all 0 where `high` is not above `low`."""
    if not high > low:
        return np.zeros(samples.shape, np.float32)
    scaled = (samples.astype(np.float64) - low) / (high - low)
    return np.clip(scaled, 0, 1).astype(np.float32)


def _finite(samples: np.ndarray) -> np.ndarray:
    finite = np.isfinite(samples)
    if finite.all():
        return samples
    floor = samples[finite].min() if finite.any() else 0.0
    return np.where(finite, samples, floor)
