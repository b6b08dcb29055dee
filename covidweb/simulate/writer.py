"""Write simulated films as a data root: pictures, masks, and the two manifests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.dataset.manifest import COLUMNS, MANIFEST, OPTIONAL_COLUMNS, SIMULATED
from covidweb.errors import DataError
from covidweb.simulate.films import SimulatedFilm, simulate_film

MASK_COLUMNS = (
    "image_id",
    "file",
    "mask_file",
    "label",
    "source",
    "convention",
    "group",
    "view",
    "width",
    "height",
    "repo",
    "commit",
    "repo_path",
    "sha256",
    "mask_repo",
    "mask_commit",
    "mask_path",
    "mask_sha256",
)
WRITE_SIZE = 512

Progress = Callable[[int, int], None]


def write_simulated(
    out: Path,
    count: int,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    size: int = WRITE_SIZE,
) -> Path:
    """Write films in the manifest's form, every second one with opacities.

    Each film is a group of its own in the set `train_pool`, marked `simulated` as its source and
    in its note, so that everything that reads a data root works on simulated films alone.
    Writes `images/simulated`, `masks/lungs`, `masks/opacities`, `manifest.csv` and
    `lung_masks.csv`; the manifests come last.

    Args:
        out: folder to write to; made where it is missing.
        count: number of films.
        seed: first seed; film i is drawn from `seed + i`.
        progress: called with (done, count) after each film.
        size: longest side in pixels.

    Returns:
        The path of the manifest.

    Raises:
        DataError: the count is not positive, or the folder holds another manifest.
    """
    if count < 1:
        raise DataError(f"The number of films must be at least 1. Received: {count}.")
    _refuse_other_data(out)
    for folder in ("images/simulated", "masks/lungs", "masks/opacities"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    rows = []
    for done in range(count):
        film = simulate_film(seed + done, done % 2 == 0, size)
        rows.append(_write_film(out, film))
        if progress is not None:
            progress(done + 1, count)
    table = pd.DataFrame(rows)
    table.reindex(columns=list(MASK_COLUMNS), fill_value="").to_csv(
        out / "lung_masks.csv", index=False
    )
    path = out / MANIFEST
    table.reindex(columns=[*COLUMNS, *OPTIONAL_COLUMNS], fill_value="").to_csv(path, index=False)
    return path


def _refuse_other_data(out: Path) -> None:
    path = out / MANIFEST
    if not path.is_file():
        return
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    sources = set(table["source"]) if "source" in table else {"unknown"}
    if sources - {SIMULATED}:
        raise DataError(
            f"Simulated films are written to an empty folder or over earlier simulated ones. "
            f"Received: {out}, whose manifest names {', '.join(sorted(sources))}."
        )


def _write_film(out: Path, film: SimulatedFilm) -> dict[str, object]:
    """Write one film with its masks and return its facts."""
    name = f"simulated-{film.seed:05d}-{film.label}"
    image, mask = f"images/simulated/{name}.png", f"masks/lungs/{name}.png"
    _save(out / image, film.pixels)
    _save(out / mask, film.lung_mask)
    _save(out / "masks" / "opacities" / f"{name}.png", film.opacity)
    height, width = film.pixels.shape
    return {
        "image_id": name,
        "file": image,
        "mask_file": mask,
        "label": film.label,
        "set": "train_pool",
        "source": SIMULATED,
        "convention": "with_retrocardiac",
        "group": name,
        "view": film.view,
        "sex": film.sex,
        "width": width,
        "height": height,
        "licence": "made by this project",
        "note": SIMULATED,
    }


def _save(path: Path, values: np.ndarray) -> None:
    """Save 0..1 or bool as an 8-bit grey picture."""
    grey = np.round(values.astype(np.float32) * 255.0).astype(np.uint8)
    Image.fromarray(grey).save(path, compress_level=4)
