"""Facts measured on the films of a data root: picture hashes and contrast, for the manifest."""

from pathlib import Path

import numpy as np
import pandas as pd

from covidweb.dataset.duplicates import hash_to_text, picture_hash
from covidweb.dataset.facts import COLUMNS
from covidweb.dataset.manifest import load_manifest
from covidweb.dataset.pictures import contrast
from covidweb.dataset.store import read_stored
from covidweb.progress import track


def make_facts(root: Path) -> pd.DataFrame:
    """Return the facts of a data root's films, with the hash of each picture.

    Films that were computed or that have no public address are left out.
    """
    manifest = load_manifest(root, check_files=True)
    manifest = manifest[(manifest["repo"] != "") & (manifest["sha256"] != "")]
    hashes = film_hashes(root, manifest)
    facts = manifest.assign(phash=[hash_to_text(value) for value in hashes])
    films = (read_stored(Path(root) / file) for file in manifest["file"])
    facts["contrast"] = ["" if film is None else str(contrast(film)) for film in films]
    return facts[list(COLUMNS)].reset_index(drop=True)


def film_hashes(root: Path, manifest: pd.DataFrame) -> np.ndarray:
    """Return the picture hash of every film of a manifest, uint64 (N, 4); 0 where unreadable."""
    hashes = np.zeros((len(manifest), 4), np.uint64)
    for number, file in enumerate(track(manifest["file"], "Looking at films", len(manifest))):
        pixels = read_stored(Path(root) / file)
        if pixels is not None:
            hashes[number] = picture_hash(pixels)
    return hashes
