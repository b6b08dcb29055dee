"""Films of a manifest as arrays: the standard input, made once per row."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from covidweb.dataset import film_path
from covidweb.errors import DataError, ImageError
from covidweb.networks.standard import InputSpec, reading_copy, standard_input
from covidweb.progress import track
from covidweb.radiograph import Radiograph, read_radiograph_file

T = TypeVar("T")

THREADS = 2
_AHEAD = 32


def read_films(root: Path, rows: pd.DataFrame, description: str) -> Iterator[Radiograph]:
    """Yield the film of each row, in order, reading a few ahead.

    Args:
        root: the data root.
        rows: rows of a manifest.
        description: what the progress bar says.

    Raises:
        DataError: a file is missing or is not a film; the message names its row.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        bar = iter(track(range(len(rows)), description, len(rows)))
        for part in in_batches(rows.to_dict("records"), _AHEAD):
            for film in pool.map(lambda row: _read(root, row), part):
                next(bar)
                yield film
        next(bar, None)


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size` items; the last may be shorter."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def whole_film_inputs(root: Path, rows: pd.DataFrame, spec: InputSpec) -> np.ndarray:
    """Return the standard inputs of uncropped films: float32 (N, size, size, 1) in 0..1."""
    films = read_films(root, rows, "Reading films")
    return np.stack([standard_input(reading_copy(film), spec).array for film in films])


def _read(root: Path, row: Mapping[Hashable, Any]) -> Radiograph:
    try:
        return read_radiograph_file(film_path(root, row))
    except ImageError as error:
        raise DataError(f"The film {row['image_id']} cannot be read: {error}") from error
