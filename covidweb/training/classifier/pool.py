"""The films to learn from as small crops: read once, kept under `runs/cache/`.

A crop is cut a little wider than the standard input, so that shifting, turning and zooming find
real film at the borders. Validation, evaluation and the app see `standard_input` exactly.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from covidweb.dataset import load_manifest, manifest_sha256, split_manifest
from covidweb.files import replacing
from covidweb.networks.standard import (
    WHOLE_FILM,
    Box,
    InputSpec,
    resize_box,
    standard_input,
)
from covidweb.radiograph import Radiograph
from covidweb.training.films import read_films

if TYPE_CHECKING:
    from covidweb.screening.lungs import LungFinder

LEARNED_SETS = ("train_pool", "auxiliary_paediatric", "auxiliary_nih")
WIDER = 0.1
"""How much wider the crop is than the standard input, on each side, as a fraction of it."""

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Pool:
    """Films of the learned sets, row by row.

    Attributes:
        rows: the manifest's rows with a column `split`, index 0..N-1.
        crops: uint8 (N, C, C, 2): grey and lung mask, 0..255.
        frames: float32 (N, 4): left, top, right, bottom of the standard input within the crop,
            in fractions 0..1 of it.
        inputs: uint8 (N, S, S, 2): the standard input.
    """

    rows: pd.DataFrame
    crops: np.ndarray
    frames: np.ndarray
    inputs: np.ndarray

    def standard(self, index: np.ndarray) -> np.ndarray:
        """Return standard inputs as float32 (n, S, S, 2) in 0..1."""
        return self.inputs[index].astype(np.float32) / 255

    def where(self, **wanted: str | tuple[str, ...]) -> np.ndarray:
        """Return the numbers of the rows whose columns have one of the wanted values."""
        chosen = np.ones(len(self.rows), bool)
        for column, values in wanted.items():
            names = (values,) if isinstance(values, str) else values
            chosen &= self.rows[column].isin(names).to_numpy()
        return np.flatnonzero(chosen)


def load_pool(data: Path, spec: InputSpec, cache: Path, models: Path | None = None) -> Pool:
    """Return the learned sets as crops, from the cache where it fits.

    Args:
        data: the data root.
        spec: the standard input of the classifier.
        cache: folder to keep the crops in.
        models: folder of bundles, with `lungs`; None for the product's own.

    Raises:
        DataError: the manifest or a film cannot be read.
        ModelError: there is no lung network.
    """
    from covidweb.screening.lungs import LungFinder

    manifest = load_manifest(data)
    rows = manifest[manifest["set"].isin(LEARNED_SETS)]
    rows = rows.assign(split=rows["image_id"].map(split_manifest(manifest)))
    rows = rows.reset_index(drop=True)
    finder = LungFinder.load(models)
    path = cache / f"pool-{_key(data, spec, finder)}.npz"
    if not path.is_file():
        arrays = _read(data, rows, spec, finder)
        with replacing(path) as beside:
            np.savez(beside, allow_pickle=False, **arrays)
    with np.load(path) as found:
        return Pool(rows, found["crops"], found["frames"], found["inputs"])


def crop_size(spec: InputSpec) -> int:
    """Return the side of a crop: as many pixels per part of the film as the standard input."""
    return round(spec.size * (1 + 2 * WIDER))


def wide_crop(
    radiograph: Radiograph, spec: InputSpec, mask: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return crop, frame and standard input of one film, as the rows of a `Pool`."""
    exact = standard_input(radiograph, spec, mask)
    wide = _widened(exact.box)
    size = crop_size(spec)
    lungs = np.ones((2, 2), bool) if mask is None else mask
    grey = resize_box(radiograph.pixels, wide, size)
    layers = np.stack([grey, resize_box(lungs.astype(np.float32), wide, size)], -1)
    across, down = wide[2] - wide[0], wide[3] - wide[1]
    left, top, right, bottom = exact.box
    frame = np.array([left, top, right, bottom]) - np.array(wide)[[0, 1, 0, 1]]
    frame = (frame / (across, down, across, down)).astype(np.float32)
    return _bytes(layers), frame, _bytes(exact.array)


def _read(
    data: Path, rows: pd.DataFrame, spec: InputSpec, finder: "LungFinder"
) -> dict[str, np.ndarray]:
    size, count = crop_size(spec), len(rows)
    crops = np.zeros((count, size, size, 2), np.uint8)
    frames = np.zeros((count, 4), np.float32)
    inputs = np.zeros((count, spec.size, spec.size, 2), np.uint8)
    films = read_films(data, rows, "Cutting films to the lungs")
    for i, (film, mask) in enumerate(_with_masks(films, finder)):
        crops[i], frames[i], inputs[i] = wide_crop(film, spec, mask)
    return {"crops": crops, "frames": frames, "inputs": inputs}


def _with_masks(
    films: Iterator[Radiograph], finder: "LungFinder"
) -> Iterator[tuple[Radiograph, np.ndarray | None]]:
    while part := list(islice(films, _BATCH)):
        for film, lungs in zip(part, finder.find(part), strict=True):
            yield film, lungs.mask if lungs.plausible else None


def _widened(box: Box) -> Box:
    if box == WHOLE_FILM:
        return box
    left, top, right, bottom = box
    dx, dy = WIDER * (right - left), WIDER * (bottom - top)
    return max(0.0, left - dx), max(0.0, top - dy), min(1.0, right + dx), min(1.0, bottom + dy)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)


def _key(data: Path, spec: InputSpec, finder: "LungFinder") -> str:
    facts = f"{manifest_sha256(data)} {spec} {WIDER} {finder.bundle.sha256}"
    return hashlib.sha256(facts.encode()).hexdigest()[:16]
