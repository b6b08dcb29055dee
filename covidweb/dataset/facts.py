"""The project's own manifest of facts: where every film is, whose it is, and how it looks hashed.

It holds no picture and nothing cut from one; `data download` fetches the originals that it names.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.errors import DataError
from covidweb.progress import track

FACTS = Path(__file__).with_name("manifest.csv")
COLUMNS = (
    "image_id",
    "label",
    "set",
    "source",
    "group",
    "view",
    "repo",
    "commit",
    "repo_path",
    "sha256",
    "licence",
    "cluster",
    "phash",
    "contrast",
)

MEASURED = ("phash", "contrast")
"""Columns measured on the films; a manifest without them reads as not measured."""


def read_facts(path: Path | None = None) -> pd.DataFrame:
    """Return the manifest of facts: strings, missing as "", columns as in `COLUMNS`.

    Raises:
        DataError: it is missing or lacks columns.
    """
    path = path or FACTS
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(f"The manifest of facts cannot be read: {error}.") from error
    missing = [name for name in COLUMNS if name not in (*table.columns, *MEASURED)]
    if missing:
        raise DataError(f"The manifest of facts {path.name} lacks columns: {', '.join(missing)}.")
    return table.assign(**{name: "" for name in MEASURED if name not in table.columns})


def make_facts(root: Path) -> pd.DataFrame:
    """Return the facts of a data root's films, with the hash of each picture.

    Films that were computed or that have no public address are left out.
    """
    from covidweb.dataset.duplicates import hash_to_text
    from covidweb.dataset.manifest import load_manifest
    from covidweb.dataset.pictures import contrast

    manifest = load_manifest(root, check_files=True)
    manifest = manifest[(manifest["repo"] != "") & (manifest["sha256"] != "")]
    hashes = film_hashes(root, manifest)
    facts = manifest.assign(phash=[hash_to_text(value) for value in hashes])
    films = (read_stored(Path(root) / file) for file in manifest["file"])
    facts["contrast"] = ["" if film is None else str(contrast(film)) for film in films]
    return facts[list(COLUMNS)].reset_index(drop=True)


def film_hashes(root: Path, manifest: pd.DataFrame) -> np.ndarray:
    """Return the picture hash of every film of a manifest, uint64 (N, 4); 0 where unreadable."""
    from covidweb.dataset.duplicates import picture_hash

    hashes = np.zeros((len(manifest), 4), np.uint64)
    for number, file in enumerate(track(manifest["file"], "Looking at films", len(manifest))):
        pixels = read_stored(Path(root) / file)
        if pixels is not None:
            hashes[number] = picture_hash(pixels)
    return hashes


def read_stored(path: Path) -> np.ndarray | None:
    """Return a stored film's grey pixels, float32 (H, W) in 0..1, or None if it has none."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"), np.float32) / 255
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
