"""The films to learn from as small crops: read once, kept under `runs/cache/`.

A crop is cut a little wider than the standard input, so that shifting, turning and zooming find
real film at the borders. Validation, evaluation and the app see `standard_input` exactly. The
arrays lie on disk and are mapped, so that a second process that draws batches costs no memory.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import ndimage

from covidweb.bundle import InputSpec
from covidweb.dataset import load_manifest, manifest_sha256, split_manifest
from covidweb.dataset.boxes import SIDES, read_boxes
from covidweb.files import file_sha256, replacing
from covidweb.networks.standard import (
    READ_SIDE,
    WHOLE_FILM,
    Box,
    reading_copy,
    resize_box,
    standard_input,
    widened,
)
from covidweb.radiograph import Radiograph
from covidweb.training.films import in_batches, read_films

if TYPE_CHECKING:
    from covidweb.screening.lungs import LungFinder

CUT_OUT = "auxiliary_rsna_lungs"
"""The set whose lungs were cut out upstream, the rest black."""
LEARNED_SETS = (
    "train_pool",
    "auxiliary_paediatric",
    "auxiliary_nih",
    "auxiliary_nih_more",
    CUT_OUT,
)
WIDER = 0.1
"""How much wider the crop is than the standard input, on each side, as a fraction of it."""

_BLACK, _RIM, _PIECE = 0.05, 2, 0.08
_BATCH = 32
_ARRAYS = ("crops", "frames", "inputs", "framed", "boxes")
"""In the order of the fields of `Pool`; the last is written last."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Films of the learned sets, row by row.

    Attributes:
        rows: the manifest's rows with a column `split`, index 0..N-1.
        crops: uint8 (N, C, C, 2): grey and lung mask, 0..255.
        frames: float32 (N, 4): left, top, right, bottom of the standard input within the crop,
            in fractions 0..1 of it.
        inputs: uint8 (N, S, S, 2): the standard input.
        framed: bool (N,), whether lungs were found and the crop is cut to them.
        boxes: float32 (M, 5): number of a row, then left, top, right, bottom of a radiologist's
            box on its crop, in fractions 0..1 of it.
        folder: where the arrays lie on disk; another process maps them instead of copying.
    """

    rows: pd.DataFrame
    crops: np.ndarray
    frames: np.ndarray
    inputs: np.ndarray
    framed: np.ndarray
    boxes: np.ndarray
    folder: Path | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        if self.folder is not None:
            return _mapped, (self.rows, self.folder)
        return Pool, (self.rows, *(getattr(self, name) for name in _ARRAYS))

    def standard(self, index: np.ndarray) -> np.ndarray:
        """Return standard inputs as float32 (n, S, S, 2) in 0..1."""
        return np.asarray(self.inputs[index], np.float32) / 255

    def boxes_of(self, row: int) -> np.ndarray:
        """Return a row's boxes, float32 (n, 4), on its crop."""
        return self.boxes[self.boxes[:, 0] == row, 1:]

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

    rows = learned_rows(data)
    finder = LungFinder.load(models)
    folder = cache / f"pool-{_key(data, spec, finder)}"
    last = folder / f"{_ARRAYS[-1]}.npy"
    if not last.is_file():
        _write(folder, data, rows, spec, finder)
    return _mapped(rows, folder)


def learned_rows(data: Path) -> pd.DataFrame:
    """Return the manifest's rows of the learned sets, with their split. Raises DataError."""
    manifest = load_manifest(data)
    rows = manifest[manifest["set"].isin(LEARNED_SETS)]
    rows = rows.assign(split=rows["image_id"].map(split_manifest(manifest)))
    return rows.reset_index(drop=True)


def crop_size(spec: InputSpec) -> int:
    """Return the side of a crop: as many pixels per part of the film as the standard input."""
    return round(spec.size * (1 + 2 * WIDER))


def wide_crop(
    radiograph: Radiograph, spec: InputSpec, mask: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Box]:
    """Return crop, frame and standard input of one film, as the rows of a `Pool`, and its box."""
    radiograph = reading_copy(radiograph)
    exact = standard_input(radiograph, spec, mask)
    wide = exact.box if exact.box == WHOLE_FILM else widened(exact.box, WIDER)
    size = crop_size(spec)
    lungs = np.ones((2, 2), bool) if mask is None else mask
    grey = resize_box(radiograph.pixels, wide, size)
    layers = np.stack([grey, resize_box(lungs.astype(np.float32), wide, size)], -1)
    frame = on_box(np.array(exact.box, np.float32)[None], wide)[0]
    return _bytes(layers), frame, _bytes(exact.array), wide


def on_box(boxes: np.ndarray, outer: Box) -> np.ndarray:
    """Return boxes, float32 (n, 4) in fractions of a film, in fractions of a box on it."""
    left, top, right, bottom = outer
    origin = np.array([left, top, left, top])
    side = np.array([right - left, bottom - top, right - left, bottom - top])
    return np.asarray(((np.asarray(boxes) - origin) / side).astype(np.float32))


def cut_out_lungs(radiograph: Radiograph) -> tuple[Radiograph, np.ndarray]:
    """Return a film whose lungs were cut out, its black filled with their mean, and their mask.

    The fill leaves no edge between lung and nothing for the network to read.
    """
    mask = ndimage.binary_opening(radiograph.pixels > _BLACK)
    pieces, _ = ndimage.label(mask)
    sizes = np.bincount(pieces.ravel())[1:]
    if sizes.size:
        mask = np.isin(pieces, 1 + np.flatnonzero(sizes >= _PIECE * sizes.max()))
    mask = ndimage.binary_erosion(mask, iterations=_RIM)
    level = np.float32(radiograph.pixels[mask].mean() if mask.any() else 0.0)
    return replace(radiograph, pixels=np.where(mask, radiograph.pixels, level)), mask


def _mapped(rows: pd.DataFrame, folder: Path) -> Pool:
    found = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    return Pool(rows, **found, folder=folder)


def cut_films(
    data: Path, rows: pd.DataFrame, spec: InputSpec, finder: "LungFinder"
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return `crops`, `frames`, `inputs` and `framed` of a `Pool` of a few films, in memory.

    Raises:
        DataError: a film cannot be read.
    """
    crops, frames, inputs, framed, _ = zip(*_cut(data, rows, spec, finder), strict=True)
    return np.stack(crops), np.stack(frames), np.stack(inputs), np.array(framed)


def _write(
    folder: Path, data: Path, rows: pd.DataFrame, spec: InputSpec, finder: "LungFinder"
) -> None:
    """Write the arrays; the last one is moved into place when all others are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    count, side = len(rows), crop_size(spec)
    mapped = np.lib.format.open_memmap
    crops = mapped(folder / "crops.npy", "w+", np.uint8, (count, side, side, 2))
    inputs = mapped(folder / "inputs.npy", "w+", np.uint8, (count, spec.size, spec.size, 2))
    frames, framed = np.zeros((count, 4), np.float32), np.zeros(count, bool)
    known = read_boxes(data).groupby("image_id")
    boxes = [np.zeros((0, 5), np.float32)]
    for i, (crop, frame, exact, found, wide) in enumerate(_cut(data, rows, spec, finder)):
        crops[i], frames[i], inputs[i], framed[i] = crop, frame, exact, found
        name = rows["image_id"].iat[i]
        if name in known.groups:
            placed = on_box(known.get_group(name)[list(SIDES)].to_numpy(), wide)
            boxes.append(np.insert(placed, 0, i, axis=1))
    crops.flush()
    inputs.flush()
    for name, array in (("frames", frames), ("framed", framed), ("boxes", np.concatenate(boxes))):
        with replacing(folder / f"{name}.npy") as beside:
            np.save(beside, array)


def _cut(
    data: Path, rows: pd.DataFrame, spec: InputSpec, finder: "LungFinder"
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, bool, Box]]:
    """Yield crop, frame, input, whether lungs were found, and the crop's box of each film."""
    films = read_films(data, rows, "Cutting films to the lungs")
    for film, mask in _with_masks(films, rows, finder):
        crop, frame, exact, wide = wide_crop(film, spec, mask)
        yield crop, frame, exact, mask is not None and bool(mask.any()), wide


def _with_masks(
    films: Iterator[Radiograph], rows: pd.DataFrame, finder: "LungFinder"
) -> Iterator[tuple[Radiograph, np.ndarray | None]]:
    cut = iter((rows["set"] == CUT_OUT).tolist())
    for part in in_batches(films, _BATCH):
        ready = [cut_out_lungs(f) if next(cut) else (f, None) for f in part]
        whole = [film for film, mask in ready if mask is None]
        found = iter(finder.find(whole))
        for film, mask in ready:
            if mask is not None:
                yield film, mask
                continue
            lungs = next(found)
            yield film, lungs.mask if lungs.plausible else None


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)


def _key(data: Path, spec: InputSpec, finder: "LungFinder") -> str:
    boxes = data / "boxes.csv"
    facts = f"{manifest_sha256(data)} {spec} {WIDER} {READ_SIDE} {finder.bundle.sha256} 3 "
    facts += file_sha256(boxes) if boxes.is_file() else ""
    return hashlib.sha256(facts.encode()).hexdigest()[:16]
