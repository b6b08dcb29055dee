"""Films of a manifest as arrays: the standard input, made once per row."""

from collections.abc import Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from covidweb.dataset import film_path
from covidweb.errors import DataError, ImageError
from covidweb.networks.standard import InputSpec, standard_input
from covidweb.progress import track
from covidweb.radiograph import Radiograph, read_radiograph_file

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
    items = iter(rows.to_dict("records"))
    with ThreadPoolExecutor(THREADS) as pool:
        bar = iter(track(range(len(rows)), description, len(rows)))
        while part := list(islice(items, _AHEAD)):
            for film in pool.map(lambda row: _read(root, row), part):
                next(bar)
                yield film
        next(bar, None)


def whole_film_inputs(root: Path, rows: pd.DataFrame, spec: InputSpec) -> np.ndarray:
    """Return the standard inputs of uncropped films: float32 (N, size, size, 1) in 0..1."""
    inputs = [standard_input(film, spec).array for film in read_films(root, rows, "Reading films")]
    return np.stack(inputs)


def _read(root: Path, row: Mapping[Hashable, Any]) -> Radiograph:
    try:
        return read_radiograph_file(film_path(root, row))
    except ImageError as error:
        raise DataError(f"The film {row['image_id']} cannot be read: {error}") from error
