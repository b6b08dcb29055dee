"""A bright disc painted into a lung moves the evidence to itself, on any shape of film."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from covidweb.radiograph import Radiograph
from covidweb.screening import Screener
from covidweb.screening.regions import on_film
from covidweb.simulate import simulate_film

RADIUS = 0.035
"""Of the disc, as a fraction of the film's height."""


def shaped(pixels: np.ndarray, shape: str) -> np.ndarray:
    more = {"square": ((0, 0), (0, 0)), "wide": ((0, 0), (100, 100)), "tall": ((90, 90), (0, 0))}
    return np.pad(pixels, more[shape], mode="edge")


def radiograph(pixels: np.ndarray) -> Radiograph:
    return Radiograph(pixels.astype(np.float32), pixels.shape[::-1], "", "PNG")


def evidence(screener: Screener, pixels: np.ndarray) -> np.ndarray:
    film = radiograph(pixels)
    box = screener.prepare(film).input.box
    return on_film(screener.scores([film])[1].grids[0], box, pixels.shape)


def middles(lungs: np.ndarray) -> list[tuple[int, int]]:
    """Return rows and columns of points well inside the lungs, float (H, W), at three heights."""
    depth = ndimage.distance_transform_edt(lungs)
    pieces, count = ndimage.label(lungs)
    found = []
    for piece in range(1, count + 1):
        own = pieces == piece
        if own.sum() < 0.1 * lungs.sum():
            continue
        rows = np.flatnonzero(own.any(axis=1))
        for height in (0.35, 0.5, 0.65):
            row = int(rows[0] + height * (rows[-1] - rows[0]))
            found.append((row, int(np.argmax(np.where(own[row], depth[row], 0)))))
    return found


def with_disc(pixels: np.ndarray, at: tuple[int, int], level: float) -> np.ndarray:
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    spread = (RADIUS * pixels.shape[0] / 1.5) ** 2
    disc = np.exp(-((rows - at[0]) ** 2 + (columns - at[1]) ** 2) / (2 * spread))
    return pixels + (level - pixels) * disc


def hottest(change: np.ndarray) -> np.ndarray:
    """Return row and column of the middle of what changed most."""
    parts, _ = ndimage.label(change >= 0.5 * change.max())
    peak = parts == parts[np.unravel_index(int(change.argmax()), change.shape)]
    return np.array(ndimage.center_of_mass(np.where(peak, change, 0)))


def offsets_of_discs(screener: Screener, pixels: np.ndarray) -> list[np.ndarray]:
    """Return how far from a disc the evidence lies, rows and columns, in half cells or radii."""
    ready = screener.prepare(radiograph(pixels))
    assert ready.lungs is not None
    size = pixels.shape[::-1]
    lungs = np.asarray(Image.fromarray(ready.lungs.mask).resize(size), bool)
    before = evidence(screener, pixels)
    left, top, right, bottom = ready.input.box
    sides = np.array([(bottom - top) * pixels.shape[0], (right - left) * pixels.shape[1]])
    reach = np.maximum(0.5 * sides / 14, RADIUS * pixels.shape[0])
    level = float(np.percentile(pixels[lungs], 97))
    offsets = []
    for at in middles(lungs):
        change = evidence(screener, with_disc(pixels, at, level)) - before
        offsets.append((hottest(change) - at) / reach)
    return offsets


@pytest.mark.parametrize("shape", ["square", "wide", "tall"])
@pytest.mark.parametrize("name", ["default", "seed"])
def test_a_disc_moves_the_evidence_to_itself(
    name: str, shape: str, shipped: Callable[[str], Screener]
) -> None:
    screener = shipped(name)
    pixels = shaped(simulate_film(3, covid=False).pixels, shape)
    # What draws the evidence to one side in a chest, the heart among it, is on the other side in
    # its mirror image; cells that are drawn beside where they look are not.
    films = (pixels, np.ascontiguousarray(pixels[:, ::-1]))
    offsets = [offset for film in films for offset in offsets_of_discs(screener, film)]
    assert len(offsets) == 12
    # The seed's cells are finer than the disc: its evidence lies along one side of the rim.
    shifted, farthest = {"default": (0.5, 2.0), "seed": (1.0, 1.2)}[name]
    assert np.abs(np.mean(offsets, axis=0)).max() < shifted
    assert np.median(np.abs(offsets), axis=0).max() < 1
    assert np.abs(offsets).max() < farthest
