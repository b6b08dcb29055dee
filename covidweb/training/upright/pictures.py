"""Pictures to learn from: turned, mirrored, bordered, cut and composed copies of small films."""

from dataclasses import dataclass

import cv2
import numpy as np

from covidweb.networks.upright import KINDS
from covidweb.training.lungs.augment import disturbed, nothing
from covidweb.training.upright.films import Shelf

SHARES = {"frontal": 0.46, "lateral": 0.14, "several": 0.17, "part": 0.13, "other": 0.10}
"""How often a picture of each kind is drawn."""

DISTURBED = 0.4
"""Share of pictures with letters, wires, covers, blur and grain, as the lung finder learns them."""

NEAR = 35.0
"""Degrees from upright within which a film is asked whether it is mirrored."""

INVERTED = 0.15
"""Share of those shown with air bright: another check turns those away, for its own
reason."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture and what it shows.

    Attributes:
        grey: float32 (S, S) in 0..1.
        kind: one of `KINDS`.
        degrees: by which a frontal film is turned clockwise, after it was mirrored.
        mirrored: whether it was mirrored; means nothing unless frontal.
    """

    grey: np.ndarray
    kind: str
    degrees: float = 0.0
    mirrored: bool = False

    def target(self) -> np.ndarray:
        """Return float32 (6,): number of the kind, cosine, sine, mirrored, and 1 or 0 for whether
        the angle and whether the side count: the side is only asked of films near upright."""
        angle = np.deg2rad(self.degrees)
        values = (
            KINDS.index(self.kind),
            np.cos(angle),
            np.sin(angle),
            self.mirrored,
            self.kind == "frontal",
            self.kind == "frontal" and np.cos(angle) > np.cos(np.deg2rad(NEAR)),
        )
        return np.array(values, np.float32)


def draw_picture(
    shelf: Shelf, size: int, rng: np.random.Generator, kind: str | None = None
) -> Picture:
    """Draw a picture of a kind, by default at the `SHARES`."""
    if kind is None:
        chances = np.array([SHARES[k] for k in KINDS])
        chances[KINDS.index("lateral")] *= bool(shelf.lateral)
        kind = str(rng.choice(KINDS, p=chances / chances.sum()))
    if kind == "frontal":
        return _frontal(shelf, size, rng)
    film = {"lateral": _lateral, "several": _several, "part": _part, "other": _other}[kind](
        shelf, rng
    )
    # Turned by a quarter now and then, so that how it lies never speaks against what it is.
    degrees = rng.normal(0, 4) + 90 * int(rng.integers(1, 4)) * (rng.random() < 0.15)
    mirrored = kind != "several" and bool(rng.random() < 0.5)
    return Picture(_finished(film, size, degrees, mirrored, rng), kind)


def turned(
    film: np.ndarray,
    size: int,
    degrees: float,
    mirrored: bool,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Mirror a film, turn it clockwise and fit it into a square, with some slack where `rng`.

    Args:
        film: uint8 (h, w).
        size: side of the square.
        degrees: clockwise, after mirroring.
        mirrored: left and right are exchanged.
        rng: draws how much of the corners is cut, zoom, shift, stretch and what lies around;
            without it the film is whole, centred and black around.

    Returns:
        uint8 (size, size).
    """
    height, width = film.shape
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    whole = np.array(
        [
            width * abs(cosine) + height * abs(sine),
            width * abs(sine) + height * abs(cosine),
        ]
    )
    frame = np.array([height, width] if abs(sine) > abs(cosine) else [width, height])
    stretch, shift, extent = np.ones(2), np.zeros(2), whole
    if rng is not None:
        extent = frame + rng.choice([0.0, 1.0, rng.random()]) * (whole - frame)
        stretch = np.exp(rng.normal(0, 0.07, 2))
        shift = rng.normal(0, 0.03, 2) * size
    scale = size / extent.max() * (1.0 if rng is None else np.exp(rng.normal(-0.02, 0.06)))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    flip = np.diag([-1.0 if mirrored else 1.0, 1.0])
    to_film = flip @ turn @ np.diag(1 / (scale * stretch))
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    offset = centre - to_film @ (np.full(2, (size - 1) / 2) + shift)
    matrix = np.column_stack([to_film, offset])
    around, mode = _around(rng)
    if scale < 0.75:
        blur = 0.4 / scale
        film = cv2.GaussianBlur(film, (0, 0), blur)
    return cv2.warpAffine(
        film,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=mode,
        borderValue=around,
    )


def cut(film: np.ndarray, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """Return a box, in fractions, of a film."""
    height, width = film.shape
    rows = slice(int(top * height), max(int(bottom * height), int(top * height) + 8))
    columns = slice(int(left * width), max(int(right * width), int(left * width) + 8))
    return film[rows, columns]


def composed(
    films: list[np.ndarray], columns: int, gap: float, grey: int, side: int = 192
) -> np.ndarray:
    """Lay films out in rows of `columns`, each stretched into a cell with its own proportions.

    Args:
        films: uint8 (h, w) each.
        columns: films in a row.
        gap: between films, as a fraction of `side`.
        grey: level 0..255 of the gaps and of what a film leaves free in its cell.
        side: of a film in the composed picture, its height, in pixels.
    """
    rows = [films[i : i + columns] for i in range(0, len(films), columns)]
    width = int(side * np.mean([film.shape[1] / film.shape[0] for film in films]))
    space = int(gap * side)
    high, wide = len(rows) * (side + space) - space, columns * (width + space) - space
    page = np.full((high, wide), grey, np.uint8)
    for r, row in enumerate(rows):
        for c, film in enumerate(row):
            top, left = r * (side + space), c * (width + space)
            page[top : top + side, left : left + width] = _fitted(film, (width, side))
    return page


def _fitted(film: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(film, size, interpolation=cv2.INTER_AREA)


def _frontal(shelf: Shelf, size: int, rng: np.random.Generator) -> Picture:
    film = _pick(shelf.frontal, rng)
    if rng.random() < 0.5:
        film = cut(film, *_trimmed(rng))
    if rng.random() < 0.2:
        film = _bordered(film, rng)
    chance = rng.random()
    if chance < 0.4:
        degrees = rng.normal(0, 5)
    elif chance < 0.6:
        degrees = rng.uniform(-40, 40)
    elif chance < 0.92:
        degrees = 90 * int(rng.integers(1, 4)) + rng.normal(0, 4)
    else:
        degrees = rng.uniform(0, 360)
    mirrored = bool(rng.random() < 0.5)
    grey = _finished(film, size, degrees, mirrored, rng)
    return Picture(grey, "frontal", float(degrees), mirrored)


def _lateral(shelf: Shelf, rng: np.random.Generator) -> np.ndarray:
    film = _pick(shelf.lateral, rng)
    film = cut(film, *(_trimmed(rng) * [1.8, 1, 1, 1] if rng.random() < 0.7 else (0, 0, 1, 1)))
    if rng.random() < 0.3:
        film = _bordered(film, rng)
    return film


def _several(shelf: Shelf, rng: np.random.Generator) -> np.ndarray:
    count, columns = ((2, 2), (2, 1), (4, 2), (3, 3))[rng.choice(4, p=(0.5, 0.2, 0.2, 0.1))]
    films = [_pick(shelf.frontal, rng) for _ in range(count)]
    chance = rng.random()
    if chance < 0.3:
        films = [films[0]] * count
    elif chance < 0.6 and shelf.lateral:
        film = _pick(shelf.lateral, rng)
        films[int(rng.integers(count))] = film[:, ::-1] if rng.random() < 0.5 else film
    films = [_toned(cut(f, *_trimmed(rng)) if rng.random() < 0.5 else f, rng) for f in films]
    gap = 0.0 if rng.random() < 0.3 else rng.uniform(0.005, 0.25)
    grey = _plain(rng)
    page = composed(films, columns, gap, grey)
    if rng.random() < 0.2:
        height, width = page.shape
        page = _fitted(page, (max(width, height), max(width, height)))
    return _bordered(page, rng) if rng.random() < 0.25 else page


def _part(shelf: Shelf, rng: np.random.Generator) -> np.ndarray:
    """Cut half a film or about one lung out of a frontal film."""
    film = _pick(shelf.frontal, rng)
    chance = rng.random()
    start, stop = rng.uniform(0, 0.12), rng.uniform(0.38, 0.56)
    if chance < 0.35:
        box = (0.0, 0.0, rng.uniform(0.4, 0.56), 1.0)
    elif chance < 0.75:
        box = (start, rng.uniform(0, 0.2), stop, rng.uniform(0.75, 1.0))
    else:
        box = (0.0, 0.0, 1.0, rng.uniform(0.38, 0.52))
    if rng.random() < 0.5:
        box = (1 - box[2], box[1], 1 - box[0], box[3])
    if chance >= 0.75 and rng.random() < 0.5:
        box = (0.0, 1 - box[3], 1.0, 1.0)
    film = cut(film, *box)
    if rng.random() < 0.25:
        film = _fitted(film, (max(film.shape), max(film.shape)))
    return _bordered(film, rng) if rng.random() < 0.2 else film


def _other(shelf: Shelf, rng: np.random.Generator) -> np.ndarray:
    if not shelf.other or rng.random() < 0.25:
        return (nothing(96, rng) * 255).astype(np.uint8)
    film = _pick(shelf.other, rng)
    return cut(film, *_trimmed(rng)) if rng.random() < 0.5 else film


def _trimmed(rng: np.random.Generator) -> np.ndarray:
    """Return a box that leaves the chest on the film: at most an eighth is cut on a side."""
    low, high = rng.uniform(0, 0.12, 2), rng.uniform(0, 0.12, 2)
    return np.array([low[0], low[1], 1 - high[0], 1 - high[1]])


def _bordered(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = film.shape
    sides = rng.uniform(0, 0.35, 4) * (rng.random(4) < 0.7)
    grey = _plain(rng)
    top, bottom, left, right = (sides * [height, height, width, width]).astype(int)
    return cv2.copyMakeBorder(film, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)


def _finished(
    film: np.ndarray, size: int, degrees: float, mirrored: bool, rng: np.random.Generator
) -> np.ndarray:
    """Turn, then change the greys and put letters and wires on: float32 (size, size)."""
    grey = turned(film, size, degrees, mirrored, rng)
    if rng.random() < DISTURBED:
        return disturbed(grey.astype(np.float32) / 255, rng, INVERTED)
    return _toned(grey, rng).astype(np.float32) / 255


def _toned(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw gamma, contrast and brightness."""
    grey = (film.astype(np.float32) / 255) ** np.exp(rng.normal(0, 0.3))
    grey = (grey - 0.5) * rng.uniform(0.6, 1.2) + 0.5 + rng.uniform(-0.1, 0.1)
    return np.asarray((np.clip(grey, 0, 1) * 255).astype(np.uint8))


def _around(rng: np.random.Generator | None) -> tuple[int, int]:
    if rng is None or rng.random() < 0.75:
        return 0, cv2.BORDER_CONSTANT
    if rng.random() < 0.25:
        return 0, cv2.BORDER_REPLICATE
    return int(rng.integers(256)), cv2.BORDER_CONSTANT


def _plain(rng: np.random.Generator) -> int:
    """Return the grey of a border or gap, 0..255: mostly black, or white, or any."""
    return (0, 0, 255, int(rng.integers(256)))[int(rng.integers(4))]


def _pick(films: tuple[np.ndarray, ...], rng: np.random.Generator) -> np.ndarray:
    return films[int(rng.integers(len(films)))]
