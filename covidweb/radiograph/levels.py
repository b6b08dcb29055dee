"""A picture as codes into a table of its sample values.

A film of up to 16 bits has at most 65,536 different samples: whatever is done to each sample alone
(masks, rescale, tables, windows) is done once to the table, in double precision, and laid over the
picture at the end, strip by strip.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_STRIP = 1 << 20
_DEEPEST = 1 << 16
_HOT, _MARKER = 0.0005, 0.005
"""Shares of the samples that may lie beyond the film's own: faulty ones, and burnt-in markers."""


@dataclass(frozen=True, eq=False)
class Levels:
    """Codes, and what they stand for.

    Attributes:
        codes: uint8 or uint16 (H, W).
        values: float64 (N,), ascending, the sample value of each code.
    """

    codes: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, samples: np.ndarray) -> "Levels":
        """Take samples (H, W) of any numeric type.

        Up to 16 bits, and wider whole numbers within a range of 65,536, are kept exactly; others
        in 65,536 steps over the range that the film fills. Not-a-number counts as the smallest.
        """
        if samples.dtype in (np.uint8, np.uint16):
            return cls(samples, np.arange(1 << 8 * samples.dtype.itemsize, dtype=np.float64))
        if samples.dtype == bool:
            return cls(samples.view(np.uint8), np.arange(2.0))
        low, high = _range(samples)
        exact = samples.dtype.kind in "iu" and high - low < _DEEPEST
        step = 1.0 if exact else max(high - low, np.finfo(np.float64).tiny) / (_DEEPEST - 1)
        codes = np.empty(samples.shape, np.uint16)
        for rows in strips(samples.shape):
            steps = (samples[rows].astype(np.float64) - low) / step
            codes[rows] = np.clip(np.nan_to_num(np.round(steps), nan=0), 0, _DEEPEST - 1)
        return cls(codes, low + step * np.arange(_DEEPEST))

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each code occurs: int64 (N,)."""
        total = np.zeros(len(self.values), np.int64)
        for rows in strips(self.codes.shape):
            total += np.bincount(self.codes[rows].ravel(), minlength=len(total))
        return total

    def paint(self, grey: np.ndarray) -> np.ndarray:
        """Lay a table (N,) over the picture: float32 (H, W)."""
        table = grey.astype(np.float32)
        painted = np.empty(self.codes.shape, np.float32)
        for rows in strips(self.codes.shape):
            painted[rows] = table[self.codes[rows]]
        return painted


def body(values: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """Return the lowest and highest value that belong to the film itself.

    Left out are a burnt-in marker or padding (one value, far from all others), a few faulty
    samples (at most 0.05 %) and a small marker with soft edges (at most 0.5 %).

    Args:
        values: float64 (N,), in any order.
        counts: int64 (N,), how often each occurs; not all 0.
    """
    held = counts > 0
    order = np.argsort(values[held], kind="stable")
    v, c = values[held][order], counts[held][order]
    return -_highest(-v[::-1], c[::-1], 1.5), _highest(v, c, 1.0)


def nearly_all(values: np.ndarray, counts: np.ndarray) -> float:
    """Return the value that all but the highest 0.05 % of the samples reach at most."""
    return _quantiles(values, counts, (1 - _HOT,))[0]


def _highest(v: np.ndarray, c: np.ndarray, apart: float) -> float:
    """Return the largest ascending value that is the film's own.

    `apart` is how far above the others one value must lie, in spans of the film, to be a marker's.
    """
    if len(v) > 2 and c[-1] < 0.8 * c.sum():
        low, high = _quantiles(v[:-1], c[:-1], (_MARKER, 1 - _MARKER))
        if v[-1] - high > apart * (high - low):
            v, c = v[:-1], c[:-1]
    for share, slack in ((_HOT, 0.05), (_MARKER, 0.5)):
        low, high = _quantiles(v, c, (_MARKER, 1 - share))
        if v[-1] > high + slack * (high - low):
            kept = v <= high + 0.05 * (high - low)
            v, c = v[kept], c[kept]
    return float(v[-1])


def _quantiles(v: np.ndarray, c: np.ndarray, shares: tuple[float, ...]) -> list[float]:
    below = np.cumsum(c)
    places = np.searchsorted(below, np.array(shares) * below[-1])
    return [float(v[min(place, len(v) - 1)]) for place in places]


def _range(samples: np.ndarray) -> tuple[float, float]:
    """Return the range that is coded: all of it where it is small or whole, else the film's."""
    if samples.dtype.kind in "iu":
        low, high = float(samples.min()), float(samples.max())
        if high - low < _DEEPEST:
            return low, high
    some = samples.ravel()[:: max(1, samples.size // _STRIP)].astype(np.float64)
    some = some[np.isfinite(some)]
    if not some.size:
        return 0.0, 1.0
    low, high = np.quantile(some, (_MARKER, 1 - _MARKER))
    room = high - low
    inside = some[(some >= low - room) & (some <= high + room)]
    return float(inside.min()), float(inside.max())


def strips(shape: tuple[int, ...]) -> list[slice]:
    """Return slices of rows that cover a picture (H, W, ...), about a million pixels each."""
    rows = max(1, _STRIP // max(1, shape[1]))
    return [slice(start, start + rows) for start in range(0, shape[0], rows)]
