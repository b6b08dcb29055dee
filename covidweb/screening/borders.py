"""Plain borders around a film: bars, frames and paper that show nothing."""

import numpy as np

from covidweb.networks.standard import WHOLE_FILM, Box

TOLERANCE = 0.03
"""How far a pixel of a plain line may lie from the border's grey, 0..1."""

PLAIN = 0.97
"""Share of a line's pixels that must lie within `TOLERANCE`; letters on a border are the rest."""

DARK = 0.25
"""Brighter borders are only taken for borders where both sides have them: a white abdomen is no
border."""

LEAST = 0.3
"""Share of a side that must be left; less is no film with borders."""

_WORKING_SIDE = 512
_AT_ONCE = 32
"""Lines looked at together, after the first: most films have no border, and that one is enough."""


def content_box(pixels: np.ndarray) -> Box:
    """Return the box of a film that lies within its plain borders.

    Args:
        pixels: float (H, W) in 0..1.

    Returns:
        Left, top, right, bottom in fractions 0..1 of the film; the whole film where there are no
        borders, or where next to nothing would be left.
    """
    step = max(1, max(pixels.shape) // _WORKING_SIDE)
    small = pixels[::step, ::step]
    top, bottom = _inside(small)
    left, right = _inside(small[top:bottom].T)
    height, width = small.shape
    if bottom - top == height and right - left == width:
        return WHOLE_FILM
    above, below = _inside(small[top:bottom, left:right])
    top, bottom = top + above, top + below
    if bottom - top < LEAST * height or right - left < LEAST * width:
        return WHOLE_FILM
    return (left / width, top / height, right / width, bottom / height)


def _inside(lines: np.ndarray) -> tuple[int, int]:
    """Return the first line and the line after the last that are not plain."""
    count = len(lines)
    first, last = _median(lines[0]), _median(lines[-1])
    start, stop = _run(lines, first), _run(lines[::-1], last)
    if start == count:
        return 0, count
    paired = start > 0 and stop > 0 and abs(first - last) <= 2 * TOLERANCE
    start = start if first <= DARK or paired else 0
    stop = stop if last <= DARK or paired else 0
    return start, count - stop


def _run(lines: np.ndarray, level: float) -> int:
    """Return how many lines from the first on are plain."""
    start = 0
    while start < len(lines):
        part = lines[start : start + _AT_ONCE if start else 1]
        plain = (np.abs(part - level) <= TOLERANCE).mean(axis=1) >= PLAIN
        if not plain.all():
            return start + int(np.argmin(plain))
        start += len(part)
    return start


def _median(line: np.ndarray) -> float:
    """Return what `np.median` does of a short line, six times as fast."""
    ordered = np.sort(line)
    return float((ordered[(len(line) - 1) // 2] + ordered[len(line) // 2]) / 2)
