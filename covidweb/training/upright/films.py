"""Small films to turn, mirror and compose, read once and kept under `runs/cache/`."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.dataset import load_manifest, manifest_sha256, split_manifest
from covidweb.files import replacing
from covidweb.screening.borders import content_box
from covidweb.training.films import read_films
from covidweb.training.lungs.pairs import held_out

SIDE = 144
"""Longer side of a small film in pixels: half as much again as the network sees."""

FRONTAL_SETS = ("train_pool", "auxiliary_paediatric", "auxiliary_nih", "auxiliary_nih_more")
"""Sets of whole frontal films; films of which the lungs were cut out are no plain films."""

OTHER_HELD_OUT = 0.5
LATERAL_HELD_OUT = 0.25
SIMULATED = 240


@dataclass(frozen=True, eq=False)
class Shelf:
    """Small films by what they show.

    Attributes:
        frontal, lateral, other: uint8 (h, w) each, upright and as they are, longer side `SIDE`.
    """

    frontal: tuple[np.ndarray, ...]
    lateral: tuple[np.ndarray, ...]
    other: tuple[np.ndarray, ...]


def with_split(data: Path) -> pd.DataFrame:
    """Return the manifest's rows with a column `split`. Raises DataError."""
    manifest = load_manifest(data)
    return manifest.assign(split=manifest["image_id"].map(split_manifest(manifest)).to_numpy())


def learned_rows(films: pd.DataFrame, seed: int = 0) -> pd.Series:
    """Tell which rows the check learns from: bool per row of `with_split`.

    Frontal and lateral films of the split `train`, a quarter of whose lateral ones are kept back
    by group, and the half of the pictures that are no chest films which the lung finder learns
    from too.
    """
    train = films["split"] == "train"
    chosen = train & films["set"].isin(FRONTAL_SETS)
    for name, share, pool in (
        ("lateral", LATERAL_HELD_OUT, films[train & (films["set"] == "lateral")]),
        ("not_cxr", OTHER_HELD_OUT, films[films["set"] == "not_cxr"]),
    ):
        kept_back = pool["image_id"][held_out(pool, share, seed)]
        chosen |= (films["set"] == name) & films["image_id"].isin(
            set(pool["image_id"]) - set(kept_back)
        )
    return chosen


def validation_rows(films: pd.DataFrame) -> pd.Series:
    """Tell which rows the limits are chosen on: frontal films of the split `validation`."""
    return (films["split"] == "validation") & films["set"].isin(FRONTAL_SETS)


def read_shelf(data: Path, rows: pd.DataFrame, cache: Path) -> Shelf:
    """Return the films of `rows` small and without borders, from the cache where it fits.

    Raises:
        DataError: a film is missing or cannot be read.
    """
    names = ",".join(rows["image_id"])
    key = hashlib.sha256(f"{manifest_sha256(data)} {SIDE} {names}".encode()).hexdigest()[:16]
    path = cache / f"upright-{key}.npz"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        small = [_small(f.pixels) for f in read_films(data, rows, "Shrinking films")]
        shapes = np.array([film.shape for film in small])
        with replacing(path) as beside, beside.open("wb") as stream:
            np.savez(stream, shapes=shapes, pixels=np.concatenate([f.ravel() for f in small]))
    with np.load(path) as found:
        shapes, pixels = found["shapes"], found["pixels"]
    ends = np.cumsum(shapes.prod(axis=1))
    parts = np.split(pixels, ends[:-1])
    films = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    kinds = rows["set"].where(rows["set"].isin(("lateral", "not_cxr")), "frontal").to_numpy()
    by_kind = {k: tuple(films[i] for i in np.flatnonzero(kinds == k)) for k in set(kinds)}
    empty: tuple[np.ndarray, ...] = ()
    return Shelf(*(by_kind.get(k, empty) for k in ("frontal", "lateral", "not_cxr")))


def simulated_films(first: int = 50_000) -> tuple[np.ndarray, ...]:
    """Return simulated films, uint8 (h, w), every second one with opacities."""
    from covidweb.simulate import simulate_film

    return tuple(
        _small(simulate_film(first + i, i % 2 == 0, SIDE).pixels) for i in range(SIMULATED)
    )


def _small(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape
    left, top, right, bottom = content_box(pixels)
    corners = (left * width, top * height, right * width, bottom * height)
    across, down = corners[2] - corners[0], corners[3] - corners[1]
    scale = SIDE / max(across, down)
    size = (max(1, math.ceil(across * scale)), max(1, math.ceil(down * scale)))
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    small = np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=corners))
    return np.asarray(np.round(np.clip(small, 0, 1) * 255).astype(np.uint8))
