"""What films look like on the whole: mean films, grey levels, contrast, neighbours by looks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.dataset.duplicates import ALIKE, KnownFilms, fine_structure, hamming, similarity
from covidweb.dataset.store import read_stored

SIDE = 96
LEVELS = 32
BLANK = 60
"""Contrast (0..255, 5th to 95th percentile of the grey levels) below which a film is flat."""


def sample(films: pd.DataFrame, each: int = 24, seed: int = 0) -> pd.DataFrame:
    """Return up to `each` films of every label and source, drawn at random."""
    mixed = films.sample(frac=1, random_state=seed)
    return mixed.groupby(["label", "source"], sort=True).head(each)


def small_films(root: Path, files: Sequence[str], side: int = SIDE) -> np.ndarray:
    """Return films shrunk to squares, uint8 (N, side, side); 0 where a film cannot be read."""
    small = np.zeros((len(files), side, side), np.uint8)
    for number, file in enumerate(files):
        try:
            with Image.open(Path(root) / file) as picture:
                # The decoder can shrink a JPEG while it reads it, at a fraction of the cost.
                picture.draft("L", (side, side))
                small[number] = np.asarray(picture.convert("L").resize((side, side)))
        except (OSError, ValueError, SyntaxError):
            continue
    return small


def mean_film(small: np.ndarray) -> np.ndarray:
    """Return the mean of films, uint8 (side, side), from uint8 (N, side, side)."""
    return np.asarray(np.round(small.mean(axis=0)).astype(np.uint8))


def grey_levels(small: np.ndarray) -> np.ndarray:
    """Return the share of pixels in each of 32 grey levels, float (32,), from uint8 (N, ...)."""
    found = np.bincount(small.ravel() // (256 // LEVELS), minlength=LEVELS)
    return found / max(small.size, 1)


def contrast(pixels: np.ndarray) -> int:
    """Return how far the 5th and 95th percentile of grey levels 0..1 lie apart, 0..255."""
    low, high = np.percentile(pixels, (5, 95))
    return round(float(high - low) * 255)


def neighbours(
    root: Path, films: pd.DataFrame, image_id: str, known: KnownFilms, most: int = 8
) -> pd.DataFrame:
    """Return films that belong to a film or look like it.

    Args:
        root: the data root.
        films: manifest rows.
        image_id: the film.
        known: the picture hashes.
        most: at most so many.

    Returns:
        Rows of `films` with a column `why`: same group, near-identical (cluster), looks the same.
    """
    rows = films.set_index("image_id", drop=False)
    film = rows.loc[image_id]
    reasons: dict[str, str] = {}
    if film["cluster"]:
        found = rows.index[rows["cluster"] == film["cluster"]]
        reasons |= dict.fromkeys(found, "near-identical (same cluster)")
    for name, score in _lookalikes(root, rows, image_id, known):
        reasons.setdefault(name, f"looks the same (similarity {score:.2f})")
    for name in rows.index[rows["group"] == film["group"]]:
        reasons.setdefault(name, "same group")
    reasons.pop(image_id, None)
    chosen = list(reasons)[:most]
    return rows.loc[chosen].assign(why=[reasons[name] for name in chosen])


def _lookalikes(
    root: Path, rows: pd.DataFrame, image_id: str, known: KnownFilms
) -> list[tuple[str, float]]:
    """Return the films with near hashes whose fine structure agrees, best first."""
    names = known.table["image_id"]
    here = np.flatnonzero((names == image_id).to_numpy())
    own = read_stored(root / rows.loc[image_id, "file"])
    if not len(here) or own is None:
        return []
    bits = hamming(known.hashes, known.hashes[here[0]])
    near = [names.iloc[i] for i in np.argsort(bits)[:20] if bits[i] <= ALIKE]
    detail = fine_structure(own)
    found = []
    for name in near:
        other = read_stored(root / rows.loc[name, "file"]) if name in rows.index else None
        if name != image_id and other is not None:
            found.append((str(name), similarity(detail, fine_structure(other))))
    return sorted([pair for pair in found if pair[1] >= 0.7], key=lambda pair: -pair[1])
