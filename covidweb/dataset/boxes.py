"""Radiologists' boxes around opacities: `boxes.csv` of a data root, in fractions of the film."""

from pathlib import Path

import numpy as np
import pandas as pd

from covidweb.errors import DataError

FILE = "boxes.csv"
COLUMNS = ("image_id", "left", "top", "right", "bottom")
SIDES = COLUMNS[1:]


def read_boxes(root: Path) -> pd.DataFrame:
    """Return one row per box; a film may have several. No rows where the data root has no file.

    Returns:
        `image_id`, then float64 `left`, `top`, `right`, `bottom`, fractions 0..1 of the film.

    Raises:
        DataError: the file cannot be read, lacks a column, or a box is no box.
    """
    path = root / FILE
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS)).astype(dict.fromkeys(SIDES, float))
    try:
        table = pd.read_csv(path, dtype={"image_id": str})
        table = table[list(COLUMNS)].astype(dict.fromkeys(SIDES, float))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{FILE} cannot be read: it needs {', '.join(COLUMNS)}, the sides as numbers. "
            f"Received: {error}"
        ) from error
    inside = table[list(SIDES)].ge(0).all(axis=1) & table[list(SIDES)].le(1).all(axis=1)
    wrong = ~(inside & (table["left"] < table["right"]) & (table["top"] < table["bottom"]))
    if wrong.any():
        raise DataError(
            f"{FILE} has boxes that do not lie on the film, sides in 0..1: line "
            f"{int(wrong.to_numpy().nonzero()[0][0]) + 2} and {int(wrong.sum()) - 1} more."
        )
    return table


def in_boxes(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return bool `shape` (H, W), true inside any box, float (n, 4) in fractions of the film.

    A box on the film has one pixel at least.
    """
    height, width = shape
    found = np.zeros((height, width), bool)
    corners = np.clip(np.round(boxes * [width, height, width, height]), 0, [width, height] * 2)
    for left, top, right, bottom in corners.astype(int):
        found[top : max(bottom, top + 1), left : max(right, left + 1)] = True
    return found
