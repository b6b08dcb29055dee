"""Is text burnt into a film? Letters: small bright strokes of one height, side by side.

A heuristic that looks for a row of at least `ROW` letters; a lone side marker is no text.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 768
"""Longer side in pixels at which letters are looked for."""
ROW = 5
"""Letters side by side that make a text."""

_STANDS_OUT = 0.3
_HEIGHT = (6, 40)
_STROKE = 7
_MOST_PIECES = 4000


def is_lettered(pixels: np.ndarray) -> bool:
    """Tell whether text seems to be burnt into pixels, float32 (H, W) in 0..1; bright or dark."""
    small = _small(pixels)
    return any(_has_row(_letters(picture)) for picture in (small, 255 - small))


def _small(pixels: np.ndarray) -> np.ndarray:
    step = max(1, max(pixels.shape) // (2 * SIDE))
    grey = (pixels[::step, ::step] * 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(grey))
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image)


def _letters(picture: np.ndarray) -> np.ndarray:
    """Return boxes (N, 4) of pieces as large as letters: top, left, height, width."""
    import cv2

    background = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((_STROKE, _STROKE), np.uint8))
    stands_out = (picture - background) > _STANDS_OUT * 255
    pieces, count = ndimage.label(stands_out, np.ones((3, 3)))
    if count > _MOST_PIECES:
        return np.zeros((0, 4))
    boxes = [
        (rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)
        for rows, columns in ndimage.find_objects(pieces)
    ]
    found = np.array(boxes, float).reshape(-1, 4)
    high, wide = found[:, 2], found[:, 3]
    fits = (high >= _HEIGHT[0]) & (high <= _HEIGHT[1]) & (wide <= 1.3 * high)
    return found[fits]


def _has_row(letters: np.ndarray) -> bool:
    """Tell whether enough letters of one height stand on one line, close to each other."""
    for top, _, height, _ in letters:
        near = np.abs(letters[:, 0] + letters[:, 2] - top - height) <= 0.2 * height
        alike = near & (np.abs(letters[:, 2] - height) <= 0.25 * height)
        line = letters[alike][np.argsort(letters[alike, 1])]
        if len(line) < ROW:
            continue
        gaps = line[1:, 1] - line[:-1, 1] - line[:-1, 3]
        close = np.concatenate([[False], (gaps > -1) & (gaps < 1.2 * height), [False]])
        runs = np.diff(np.flatnonzero(~close))
        if runs.max(initial=0) >= ROW:
            return True
    return False
