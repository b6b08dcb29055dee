"""Pairs of film and lung mask, and films without lungs, as small arrays split by group."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.dataset.manifest import MANIFEST, load_manifest
from covidweb.errors import DataError
from covidweb.progress import track
from covidweb.sets import NOT_CXR

PAIRS = "lung_masks.csv"
HELD_OUT = 0.2
UNSURE = "lung_field"
"""Convention whose masks leave out the lung behind the heart: unknown between the lungs."""


@dataclass(frozen=True, eq=False)
class Example:
    """One film for training; arrays are stretched to one square size.

    Attributes:
        film: uint8 (C, C), grey.
        lungs: uint8 (C, C), 255 where lung.
        known: uint8 (C, C), 255 where `lungs` may be trusted.
        aspect: width / height of the film.
        source: where the film came from.
    """

    film: np.ndarray
    lungs: np.ndarray
    known: np.ndarray
    aspect: float
    source: str


def load_pairs(root: Path) -> pd.DataFrame:
    """Read `lung_masks.csv`, all columns as text. Raises DataError when it is missing."""
    path = root / PAIRS
    if not path.is_file():
        raise DataError(f"The data root has no {PAIRS}. Received: {root}")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def load_not_cxr(root: Path) -> pd.DataFrame:
    """Return the manifest's rows of set `not_cxr`; none where there is no manifest."""
    if not (root / MANIFEST).is_file():
        return pd.DataFrame({name: [] for name in ("image_id", "file", "source", "group")})
    manifest = load_manifest(root)
    return manifest[manifest["set"] == NOT_CXR]


@dataclass(frozen=True, eq=False)
class Parts:
    """What a lung finder learns from, and what is held out to measure it: rows of the lists.

    Attributes:
        pairs, held_pairs: of `lung_masks.csv`.
        empties, held_empties: pictures without lungs, of the manifest.
    """

    pairs: pd.DataFrame
    held_pairs: pd.DataFrame
    empties: pd.DataFrame
    held_empties: pd.DataFrame

    @property
    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many pairs, and how many pictures without lungs, as a card tells them."""
        return (
            {"train": len(self.pairs), "held_out": len(self.held_pairs)},
            {"train": len(self.empties), "held_out": len(self.held_empties)},
        )


def load_parts(root: Path, fraction: float, seed: int) -> Parts:
    """Divide pairs and pictures without lungs; half of the latter are held out.

    Args:
        root: the data root.
        fraction: of the pairs of each source that are held out, 0..1.
        seed: of the draw.

    Raises:
        DataError: a list is missing or broken.
    """
    pairs, empties = load_pairs(root), load_not_cxr(root)
    held, bare = held_out(pairs, fraction, seed), held_out(empties, 0.5, seed)
    return Parts(pairs[~held], pairs[held], empties[~bare], empties[bare])


def held_out(rows: pd.DataFrame, fraction: float, seed: int) -> pd.Series:
    """Choose groups to hold out of training, in each source alike.

    Args:
        rows: with columns `source` and `group`.
        fraction: of each source's rows, 0..1; at least one group of every source.
        seed: of the draw.

    Returns:
        Bool per row; True where held out. A group is never divided, and one that occurs in
        several sources goes one way.
    """
    chosen: set[str] = set()
    rng = np.random.default_rng(seed)
    for _, part in rows.groupby("source", sort=True):
        sizes = part["group"].value_counts().sort_index()
        order = rng.permutation(len(sizes))
        before = np.concatenate([[0], sizes.to_numpy()[order].cumsum()[:-1]])
        chosen.update(sizes.index[order[before < fraction * len(part)]])
    return rows["group"].isin(chosen)


def read_examples(root: Path, rows: pd.DataFrame, side: int) -> list[Example]:
    """Read pairs, or films without lungs where there is no `mask_file` column.

    Raises:
        DataError: a file is missing or is not a picture.
    """
    records = rows.to_dict("records")
    return [_example(root, row, side) for row in track(records, "Reading pairs", len(records))]


def _example(root: Path, row: dict[Any, Any], side: int) -> Example:
    film = _open(root / row["file"])
    grey = np.asarray(film.resize((side, side), Image.Resampling.BILINEAR))
    lungs, known = np.zeros_like(grey), np.full_like(grey, 255)
    if row.get("mask_file"):
        mask = _open(root / row["mask_file"]).point(lambda level: 255 if level > 127 else 0)
        lungs = np.asarray(mask.resize((side, side), Image.Resampling.BILINEAR))
        if row.get("convention") == UNSURE:
            known = np.where(between(lungs > 127), 0, 255).astype(np.uint8)
    return Example(grey, lungs, known, film.width / film.height, row["source"])


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("L")
    except OSError as error:
        raise DataError(f"The file {path.name} cannot be read: {error}") from error


def between(mask: np.ndarray) -> np.ndarray:
    """Return the pixels that are in the convex hull of a mask and not in it, bool (H, W)."""
    from skimage.morphology import convex_hull_image

    if not mask.any():
        return np.zeros_like(mask)
    return np.asarray(convex_hull_image(mask) & ~mask)
