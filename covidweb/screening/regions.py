"""Lung masks as regions: right and left lung, six zones, and the evidence in each."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from covidweb.screening.plausible import (
    Shape,
    doubt,
    lone_lung_doubt,
    mean_line,
    per_column,
)
from covidweb.screening.result import ZONES, Box

THRESHOLD = 0.5
SPECK = 0.15
"""Pieces smaller than this part of the largest are dropped."""
SPINE = 0.22
"""Half the gap between the lungs, as a part of one lung's width; used to mirror a lone lung."""

NOTHING = "No lungs were found."
LONE = (
    "Only the patient's {found} lung was found; the {missing} one may be white, missing or off "
    "the film. Its place was mirrored from the other side."
)


@dataclass(frozen=True, eq=False)
class Lungs:
    """The lungs found on one film; masks are stretched over the whole film.

    Attributes:
        right: bool (S, S), the patient's right lung (usually on the film's left side).
        left: bool (S, S), the patient's left lung; no pixel is in both.
        plausible: whether the mask looks like lungs and may be used for crop and regions.
        note: one sentence about what is odd, empty where nothing is.
        soft: float32 (S, S) in 0..1, the network's probability; None when unknown.
    """

    right: np.ndarray
    left: np.ndarray
    plausible: bool
    note: str = ""
    soft: np.ndarray | None = None

    @property
    def mask(self) -> np.ndarray:
        """Both lungs, bool (S, S)."""
        return np.asarray(self.right | self.left)


def clean(probability_map: np.ndarray, aspect: float = 1.0) -> Lungs:
    """Turn the network's map into a right and a left lung.

    The two pieces that lie side by side are kept, holes are filled, and lungs that touch are cut
    where they are thinnest. When one lung is missing altogether and the other looks like a lung,
    its place is mirrored from the other side and the note says so, so that a film with one white
    lung can still be cropped and its zones still stand where a reader looks for them.

    Args:
        probability_map: float (S, S) in 0..1, stretched over the whole film.
        aspect: width / height of the film before stretching.

    Returns:
        The lungs; `plausible` is False, with a note, when they do not look like a chest's.
    """
    soft = np.asarray(probability_map, np.float32)
    pieces = _pieces(soft >= THRESHOLD)
    if not pieces:
        empty = np.zeros(soft.shape, bool)
        return Lungs(empty, empty, False, NOTHING, soft)
    pair = _pair(pieces)
    if len(pair) == 1:
        return _lone(pair[0], soft, aspect)
    right, left = sorted(pair, key=_centre)
    note = doubt(Shape.of(right, soft, aspect), Shape.of(left, soft, aspect))
    return Lungs(right, left, not note, note, soft)


def zone_map(lungs: Lungs) -> np.ndarray:
    """Return the place in `ZONES` of each pixel's zone, from 1, uint8 (S, S); 0 outside the lungs.

    Zones are thirds of each lung's own height.
    """
    found = np.zeros(lungs.right.shape, np.uint8)
    for names, lung in _sides(lungs):
        numbers = (1 + ZONES.index(names[0]) + _thirds(lung)).astype(np.uint8)
        np.copyto(found, numbers[:, None], where=lung)
    return found


def zones(lungs: Lungs) -> dict[str, np.ndarray]:
    """Return bool (S, S) per name of `ZONES`: thirds of each lung's own height."""
    numbers = zone_map(lungs)
    return {name: numbers == number for number, name in enumerate(ZONES, start=1)}


def evidence_by_zone(grid: np.ndarray, box: Box, lungs: Lungs) -> dict[str, float]:
    """Return each zone's share 0..1 of the evidence inside the lungs; all 0 without evidence.

    Args:
        grid: float (h, w), >= 0, the evidence.
        box: left, top, right, bottom of the grid on the film, in fractions.
        lungs: the film's lungs.
    """
    return evidence_of(grid, box, lungs)[2]


def lung_share(grid: np.ndarray, box: Box, lungs: Lungs) -> tuple[float, float]:
    """Return the share 0..1 of the evidence inside the lungs, and its ratio to their area.

    The area is the lungs' share of the grid's box, so a ratio of 1 is what evidence spread evenly
    would give. Both are 0 without evidence, the ratio also where no lung lies in the box.
    """
    return evidence_of(grid, box, lungs)[:2]


def evidence_of(grid: np.ndarray, box: Box, lungs: Lungs) -> tuple[float, float, dict[str, float]]:
    """Return what `lung_share` and `evidence_by_zone` do, from one resampled map."""
    size = len(lungs.right)
    rows = _weights(grid.shape[0], box[1], box[3], size)
    columns = _weights(grid.shape[1], box[0], box[2], size)
    evidence = rows @ np.asarray(grid, np.float64) @ columns.T
    found: dict[str, float] = {}
    covered = 0.0
    down, across = rows.sum(axis=1), columns.sum(axis=1)
    for names, lung in _sides(lungs):
        inside = lung.astype(np.float64)
        of_rows = np.einsum("ij,ij->i", evidence, inside)
        sums = np.bincount(_thirds(lung), of_rows, len(names))
        found |= dict(zip(names, sums.tolist(), strict=True))
        covered += float(down @ inside @ across)
    total, within = float(evidence.sum()), sum(found.values())
    if total <= 0 or within <= 0:
        return 0.0, 0.0, dict.fromkeys(ZONES, 0.0)
    share, expected = within / total, covered / float(down.sum() * across.sum())
    return share, share / expected, {name: value / within for name, value in found.items()}


def on_film(grid: np.ndarray, box: Box, shape: tuple[int, ...]) -> np.ndarray:
    """Resample a grid that covers `box` to the whole film: float64 `shape`, 0 outside the box.

    Bilinear between the centres of the grid's cells, constant beyond the outer ones.
    """
    rows = _weights(grid.shape[0], box[1], box[3], shape[0])
    columns = _weights(grid.shape[1], box[0], box[2], shape[1])
    return np.asarray(rows @ np.asarray(grid, np.float64) @ columns.T)


def mask_on_film(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a mask (S, S), stretched over the whole film, at the film's own shape: bool (H, W)."""
    height, width = shape
    grown = Image.fromarray(np.asarray(mask, bool)).resize(
        (width, height), Image.Resampling.NEAREST
    )
    return np.asarray(grown, bool)


def _sides(lungs: Lungs) -> tuple[tuple[tuple[str, ...], np.ndarray], ...]:
    """Return each lung with the names of its zones, from the top."""
    return (ZONES[:3], lungs.right), (ZONES[3:], lungs.left)


def _thirds(lung: np.ndarray) -> np.ndarray:
    """Return in which third of the lung's height each row lies, 0 to 2; rows beyond count, too."""
    rows = np.flatnonzero(lung.any(axis=1))
    top, height = (rows[0], rows[-1] + 1 - rows[0]) if len(rows) else (0, 3)
    return np.asarray(np.clip((np.arange(len(lung)) - top) * 3 // height, 0, 2))


def _weights(cells: int, start: float, stop: float, size: int) -> np.ndarray:
    """Return (size, cells): how much each cell counts at the centre of each of `size` pixels."""
    film = (np.arange(size) + 0.5) / size
    place = (film - start) / max(stop - start, 1e-9)
    inside = (place >= 0) & (place < 1)
    distance = np.abs(np.clip(place * cells - 0.5, 0, cells - 1)[:, None] - np.arange(cells))
    return np.asarray(np.clip(1 - distance, 0, 1) * inside[:, None])


def _pieces(mask: np.ndarray) -> list[np.ndarray]:
    """Return the connected pieces without holes, largest first, specks dropped."""
    import cv2

    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)[1:]
    order = [i for i in np.argsort(-sizes) if sizes[i] >= max(SPECK * sizes.max(), 4)]
    return [_filled(labels == i + 1) for i in order[:6]]


def _filled(piece: np.ndarray) -> np.ndarray:
    """Return the piece with its holes: what no way around it leads to the film's edge."""
    import cv2

    count, around = cv2.connectedComponents((~piece).view(np.uint8), connectivity=4)
    reached = np.zeros(count, bool)
    for edge in (around[0], around[-1], around[:, 0], around[:, -1]):
        reached[edge] = True
    if reached[1:].all():
        return piece
    reached[0] = False
    return np.asarray(~reached[around])


def _pair(pieces: list[np.ndarray]) -> list[np.ndarray]:
    """Return the largest piece and the largest one beside it, or the two halves of a joint one."""
    first = pieces[0]
    for other in pieces[1:]:
        if _beside(first, other):
            return [first, other]
    halves = _halves(first)
    return list(halves) if halves else [first]


def _beside(first: np.ndarray, other: np.ndarray) -> bool:
    """Whether the centre of each lies outside the columns of the other, a tenth left out at
    either side."""
    counts = [per_column(piece) for piece in (first, other)]
    # `np.quantile` with these weights and the method "inverted_cdf", ten times as fast.
    spans = [np.searchsorted(np.cumsum(n), np.array((0.1, 0.9)) * n.sum()) for n in counts]
    centres = [mean_line(n) for n in counts]
    outside = [
        not low <= centre <= high for (low, high), centre in zip(spans[::-1], centres, strict=True)
    ]
    return all(outside)


def _halves(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Cut a joint pair of lungs at its thinnest column; None when it has no waist."""
    columns = np.flatnonzero(piece.any(axis=0))
    left, width = columns[0], len(columns)
    counts = piece.sum(axis=0)[left : left + width]
    low, high = int(0.3 * width), int(0.7 * width) + 1
    cut = low + int(np.argmin(counts[low:high]))
    if counts[cut] > 0.5 * min(counts[:cut].max(initial=0), counts[cut:].max()):
        return None
    side = np.arange(piece.shape[1]) <= left + cut
    return piece & side, piece & ~side


def _centre(piece: np.ndarray) -> float:
    return mean_line(per_column(piece))


def _lone(lung: np.ndarray, soft: np.ndarray, aspect: float) -> Lungs:
    """Mirror a lone lung to the other side of the spine."""
    columns = np.flatnonzero(lung.any(axis=0))
    gap = SPINE * (columns[-1] + 1 - columns[0])
    is_right = _centre(lung) < lung.shape[1] / 2
    axis = columns[-1] + gap if is_right else columns[0] - gap
    mirrored = _mirror(lung, axis)
    right, left = (lung, mirrored) if is_right else (mirrored, lung)
    note = lone_lung_doubt(Shape.of(lung, soft, aspect), float(mirrored.sum() / lung.sum()))
    found, missing = ("right", "left") if is_right else ("left", "right")
    if note:
        empty = np.zeros_like(lung)
        return Lungs(*((lung, empty) if is_right else (empty, lung)), False, note, soft)
    return Lungs(right, left, True, LONE.format(found=found, missing=missing), soft)


def _mirror(lung: np.ndarray, axis: float) -> np.ndarray:
    """Mirror a mask about the column `axis`; what would fall off the film is lost."""
    columns = np.arange(lung.shape[1])
    sources = np.rint(2 * axis - columns).astype(int)
    inside = (sources >= 0) & (sources < lung.shape[1])
    mirrored = np.zeros_like(lung)
    mirrored[:, inside] = lung[:, sources[inside]]
    return np.asarray(mirrored & ~lung)
