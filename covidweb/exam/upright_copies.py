"""Turned, cut and composed copies of real films, to measure the upright check on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np

from covidweb.radiograph import Radiograph
from covidweb.training.upright.pictures import composed, cut

SIDE = 256
"""Longer side of the films that copies are made of, in pixels."""

Change = Callable[[np.ndarray], np.ndarray]

TURNS: Mapping[str, Change] = {
    "quarter_clockwise": lambda pixels: np.rot90(pixels, -1),
    "upside_down": lambda pixels: np.rot90(pixels, 2),
    "quarter_anticlockwise": lambda pixels: np.rot90(pixels, 1),
    "upside_down_mirrored": lambda pixels: pixels[::-1],
    "mirrored": lambda pixels: pixels[:, ::-1],
}
"""What is done to an upright film that must then not be answered as it lies."""

PARTS: Mapping[str, Change] = {
    "half_at_the_left": lambda pixels: cut(pixels, 0.0, 0.0, 0.5, 1.0),
    "half_at_the_right": lambda pixels: cut(pixels, 0.5, 0.0, 1.0, 1.0),
    "upper_half": lambda pixels: cut(pixels, 0.0, 0.0, 1.0, 0.5),
}

LAYOUTS: Mapping[str, tuple[int, int, float]] = {
    "side_by_side": (2, 2, 0.0),
    "side_by_side_with_gap": (2, 2, 0.04),
    "stacked": (2, 1, 0.0),
    "stacked_with_gap": (2, 1, 0.04),
    "four_up": (4, 2, 0.02),
}
"""Films in a picture, films in a row, and the gap between them in heights of a film."""


def small(film: Radiograph) -> Radiograph:
    """Return the film with its longer side at `SIDE` pixels."""
    height, width = film.pixels.shape
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return changed(film, cv2.resize(film.pixels, size, interpolation=cv2.INTER_AREA))


def changed(film: Radiograph, pixels: np.ndarray) -> Radiograph:
    """Return the film with other pixels."""
    return replace(film, pixels=np.ascontiguousarray(pixels, np.float32))


def tilted(film: Radiograph, degrees: float) -> Radiograph:
    """Return a film turned clockwise about its middle, its frame kept, black in the corners."""
    height, width = film.pixels.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    pixels = np.ascontiguousarray(film.pixels, np.float32)
    return changed(film, cv2.warpAffine(pixels, matrix, (width, height)))


def one_lung(film: Radiograph, mask: np.ndarray, margin: float = 0.02) -> Radiograph:
    """Return the film cut to the box around a mask, bool (S, S), with a little around it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    side = len(mask)
    left, right = columns[0] / side - margin, (columns[-1] + 1) / side + margin
    top, bottom = rows[0] / side - margin, (rows[-1] + 1) / side + margin
    box = (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
    return changed(film, cut(film.pixels, *box))


def pages(
    films: Sequence[Radiograph], laterals: Sequence[Radiograph]
) -> Iterator[tuple[str, list[Radiograph]]]:
    """Yield composed pictures by name, one per film: with its neighbours, a lateral, itself."""
    grey, side = [_bytes(film) for film in films], [_bytes(film) for film in laterals]
    for name, (count, columns, gap) in LAYOUTS.items():
        yield (
            name,
            [
                _page([grey[(i + k) % len(grey)] for k in range(count)], columns, gap)
                for i in range(len(grey))
            ],
        )
    if side:
        pairs = [[one, side[i % len(side)]] for i, one in enumerate(grey)]
        yield "with_lateral", [_page(pair, 2, 0.02) for pair in pairs]
    yield "same_film_twice", [_page([one, one], 2, 0.02, 255) for one in grey]


def _page(films: list[np.ndarray], columns: int, gap: float, grey: int = 0) -> Radiograph:
    page = composed(films, columns, gap, grey, SIDE)
    return Radiograph(page.astype(np.float32) / 255, (page.shape[1], page.shape[0]), "", "PNG")


def _bytes(film: Radiograph) -> np.ndarray:
    return np.round(film.pixels * 255).astype(np.uint8)
