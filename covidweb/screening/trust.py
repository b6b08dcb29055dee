"""Can this answer be trusted? Small harmless changes, and a plain sentence about the map.

A reading that turns with a shift of two percent or a change of brightness says more about the
model than about the film. The limits below are rules of thumb for the reader's warning; no film is
turned away by them.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from PIL import Image

from covidweb.radiograph import Radiograph
from covidweb.screening.placement import lay
from covidweb.screening.regions import on_film
from covidweb.screening.result import Box, ScreeningResult

SHIFT = 0.02
"""How far the film is moved, as a fraction of its sides."""

BRIGHTNESS = 0.15
"""The film is made this share of the grey range brighter and darker in its middle tones."""

JPEG_QUALITY = 50

WORKING_SIDE = 1024
"""Larger films are shrunk to this longer side before they are changed."""

STEADY_PROBABILITY = 0.1
"""Largest move of the probability under a harmless change that still counts as steady."""

STEADY_MAP = 0.8
"""Smallest correlation of the maps that still counts as steady."""

FEW_INSIDE = 0.5
"""Below this share of the evidence inside the lungs the map is not to be believed."""

GRID = 48
"""Side of the grid over the whole film on which maps are compared."""

Level = Literal["fair", "care", "doubt"]


class Screens(Protocol):
    """What this module needs of a Screener."""

    def screen_many(self, radiographs: Sequence[Radiograph]) -> list[ScreeningResult]:
        """Screen films, one result each."""


@dataclass(frozen=True)
class Change:
    """What one harmless change did.

    Attributes:
        title: what was changed, for the reader.
        probability: after it, 0..1; None when the changed film was turned away.
        map_agreement: correlation -1..1 of the map with the first one, moved back into place;
            None where one of them is flat.
        flipped: whether the verdict changed.
    """

    title: str
    probability: float | None
    map_agreement: float | None
    flipped: bool


@dataclass(frozen=True)
class Stability:
    """How one film's answer held: the probability before any change, and every change."""

    probability: float
    changes: tuple[Change, ...]

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest probability, the unchanged film included."""
        known = [c.probability for c in self.changes if c.probability is not None]
        return min([self.probability, *known]), max([self.probability, *known])

    @property
    def steady(self) -> bool:
        """Whether no change moved the probability much or turned the verdict."""
        moved = max(self.span[1] - self.probability, self.probability - self.span[0])
        lost = any(c.probability is None for c in self.changes)
        return moved <= STEADY_PROBABILITY and not lost and not self.flips

    @property
    def flips(self) -> int:
        """How many changes turned the verdict."""
        return sum(c.flipped for c in self.changes)

    @property
    def lowest_agreement(self) -> float | None:
        """The lowest agreement of the maps, None where none could be compared."""
        known = [c.map_agreement for c in self.changes if c.map_agreement is not None]
        return min(known) if known else None

    @property
    def steady_map(self) -> bool:
        """Whether the map stayed where it was."""
        return self.lowest_agreement is None or self.lowest_agreement >= STEADY_MAP


@dataclass(frozen=True)
class Advice:
    """Whether to believe: a level, one plain sentence, and the reasons for it."""

    level: Level
    sentence: str
    reasons: tuple[str, ...] = ()


def working_copy(film: Radiograph, side: int = WORKING_SIDE) -> Radiograph:
    """Return the film with its longer side at most `side` pixels."""
    height, width = film.pixels.shape
    scale = side / max(height, width)
    if scale >= 1:
        return film
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(film.pixels).resize(size, Image.Resampling.BILINEAR)
    return replace(film, pixels=np.clip(np.asarray(image, np.float32), 0.0, 1.0))


def changes(film: Radiograph) -> Iterator[tuple[str, Radiograph, tuple[float, float]]]:
    """Yield harmlessly changed films: title, film, and the move (dx, dy) in fractions of it."""
    sides = {"right": (SHIFT, 0.0), "left": (-SHIFT, 0.0), "down": (0.0, SHIFT), "up": (0, -SHIFT)}
    for name, (dx, dy) in sides.items():
        yield (
            f"Moved {SHIFT:.0%} {name}",
            replace(film, pixels=_moved(film.pixels, dx, dy)),
            (dx, dy),
        )
    for name, change in (("Brighter", BRIGHTNESS), ("Darker", -BRIGHTNESS)):
        gamma = np.log(0.5 + change) / np.log(0.5)
        yield name, replace(film, pixels=film.pixels ** np.float32(gamma)), (0.0, 0.0)
    compressed = replace(film, pixels=jpeg(film.pixels, JPEG_QUALITY))
    yield f"JPEG at quality {JPEG_QUALITY}", compressed, (0.0, 0.0)


def stability(screener: Screens, film: Radiograph) -> Stability | None:
    """Screen a film again after each of `changes` and compare with the unchanged film.

    Returns:
        What held, or None when the film itself is not assessed.
    """
    film = working_copy(film)
    base = screener.screen_many([film])[0]
    if base.probability is None:
        return None
    made = list(changes(lay(film, base.placement)))
    results = screener.screen_many([changed for _, changed, _ in made])
    found = tuple(
        _compare(base, result, title, move)
        for (title, _, move), result in zip(made, results, strict=True)
    )
    return Stability(base.probability, found)


def advice(
    result: ScreeningResult,
    stable: Stability | None = None,
    known: bool = False,
    edges_only: bool = False,
    unseen: bool = False,
) -> Advice:
    """Say in plain words whether the answer and its map should be believed for this film.

    Args:
        result: of an assessed film.
        stable: what `stability` found, None when it was not asked for.
        known: the film is one that the model learned from.
        edges_only: the model is the article's, whose maps can only show edges.
        unseen: nothing shows that the film is of a hospital that the model learned from.
    """
    doubts, cares = _doubts(result, stable), _cares(result, known, edges_only)
    if unseen:
        cares.append(
            "Nothing shows that this film is of a hospital that the model learned from; how far "
            "its answers hold elsewhere is said beside them."
        )
    if doubts:
        return Advice("doubt", "Do not rely on this answer's map.", (*doubts, *cares))
    if cares:
        return Advice("care", "Read this answer with care.", tuple(cares))
    return Advice("fair", "Nothing found that speaks against this answer or its map.")


def agreement(first: np.ndarray, second: np.ndarray) -> float | None:
    """Return the correlation -1..1 of two maps of one shape; None where one of them is flat."""
    if not first.size:
        return None
    a, b = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / norm if norm > 1e-9 else None


def _compare(
    base: ScreeningResult, result: ScreeningResult, title: str, move: tuple[float, float]
) -> Change:
    if result.probability is None or result.heatmap is None or base.heatmap is None:
        return Change(title, None, None, False)
    left, top, right, bottom = result.heatmap_box
    dx, dy = move
    back = (left - dx, top - dy, right - dx, bottom - dy)
    seen = _cells(base.heatmap_box) & _cells(back)
    first = on_film(base.heatmap, base.heatmap_box, seen.shape)[seen]
    alike = agreement(first, on_film(result.heatmap, back, seen.shape)[seen])
    return Change(title, result.probability, alike, result.verdict != base.verdict)


def _doubts(result: ScreeningResult, stable: Stability | None) -> list[str]:
    found = []
    if result.lung_ratio is not None and result.lung_ratio < 1.0:
        found.append(
            f"The lungs hold {result.lung_ratio:.1f} times the evidence that chance would put "
            "there, so the map points mostly at something else."
        )
    elif result.lung_share is not None and result.lung_share < FEW_INSIDE:
        found.append(f"Only {result.lung_share:.0%} of the evidence lies inside the lungs.")
    if stable is not None and not stable.steady:
        low, high = stable.span
        found.append(
            f"Changes that no reader would notice move the probability between {low:.0%} and "
            f"{high:.0%}" + (", across the threshold." if stable.flips else ".")
        )
    if stable is not None and not stable.steady_map:
        found.append("The map moves when the film is shifted or its brightness changes slightly.")
    return found


def _cares(result: ScreeningResult, known: bool, edges_only: bool) -> list[str]:
    found = []
    if known:
        found.append(
            "The model learned from this very film or a near copy of it, so its answer says "
            "nothing about how well it reads new films."
        )
    if result.status == "uncertain":
        found.append("The probability is where this model is often wrong.")
    if result.lung_mask is None:
        found.append("The lungs were not outlined, so nothing says whether the map lies in them.")
    if edges_only:
        found.append(
            "This is the article's model: its last convolution sees about 8 pixels around each "
            "point, so its maps can only show edges."
        )
    return found


def _moved(pixels: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """Move pixels by fractions of the sides; what comes into view repeats the border."""
    height, width = pixels.shape
    rows = np.clip(np.arange(height) - round(dy * height), 0, height - 1)
    columns = np.clip(np.arange(width) - round(dx * width), 0, width - 1)
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)])


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Return float32 (H, W) in 0..1 as JPEG of a quality 1..95 keeps it."""
    stream = io.BytesIO()
    Image.fromarray(np.round(pixels * 255).astype(np.uint8)).save(stream, "JPEG", quality=quality)
    with Image.open(stream) as image:
        return np.asarray(image, np.float32) / 255


def _cells(box: Box) -> np.ndarray:
    """Return which cells of the film's grid have their centre in a box: bool (GRID, GRID)."""
    at = (np.arange(GRID) + 0.5) / GRID
    return np.outer((at >= box[1]) & (at <= box[3]), (at >= box[0]) & (at <= box[2]))
