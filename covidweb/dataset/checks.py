"""What is wrong with a data root: missing, unreadable, changed, copied and leaking films."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from covidweb.dataset.checksums import changed_files, missing_files, read_checksums
from covidweb.dataset.duplicates import SAME, copies, hamming, text_to_hashes
from covidweb.dataset.facts import read_facts
from covidweb.dataset.manifest import load_manifest
from covidweb.dataset.measure import film_hashes
from covidweb.dataset.split import crossings, split_manifest
from covidweb.dataset.store import read_stored
from covidweb.errors import DataError
from covidweb.files import file_sha256

TITLES = {
    "missing": "Films that the manifest names and that are not there",
    "unreadable": "Films that are there and cannot be read",
    "changed": "Films that are not the ones on record",
    "duplicated": "Films stored twice, byte for byte",
    "near_duplicate": "Near-identical films that neither a group nor a cluster joins",
    "leaking": "Films that belong together in different splits",
    "unrecorded": "Stored films without a recorded hash",
}
HARMLESS = ("unrecorded",)


@dataclass(frozen=True)
class Problem:
    """One kind of problem and everything that has it.

    Attributes:
        kind: a key of `TITLES`.
        names: files, or sentences about pairs of films.
    """

    kind: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        """The kind in words."""
        return TITLES[self.kind]

    @property
    def harmless(self) -> bool:
        """Whether it only says what could not be checked."""
        return self.kind in HARMLESS


def verify(root: Path, *, seed: int = 0) -> list[Problem]:
    """Check every film of a data root and the split made from its manifest.

    Reads all the films: about a minute for 12,000. A film is compared with `checksums.csv`, and
    by its picture with the project's own manifest of facts, where they name it.

    Args:
        root: the data root.
        seed: of the split that is checked for leaks.

    Returns:
        The problems found, worst first; [] when there are none.

    Raises:
        DataError: the manifest itself is missing or broken.
    """
    manifest = load_manifest(root)
    missing = missing_files(root, manifest)
    there = manifest[~manifest["file"].isin(missing)].reset_index(drop=True)
    hashes = film_hashes(root, there)
    readable = hashes.any(axis=1)
    unreadable = there["file"][~readable]
    changed = dict.fromkeys([*changed_files(root, there), *_other_picture(there, hashes)])
    leaks, near = _joined_by_looks(root, there[readable], hashes[readable], manifest, seed)
    unrecorded = sorted(set(there["file"]) - set(read_checksums(root)))
    found = {
        "missing": missing,
        "unreadable": [file for file in unreadable if not _even(root / file)],
        "changed": list(changed),
        "duplicated": _same_bytes(root, there),
        "leaking": leaks,
        "near_duplicate": near,
        "unrecorded": unrecorded,
    }
    return [Problem(kind, tuple(names)) for kind, names in found.items() if names]


def near_duplicates(
    manifest: pd.DataFrame, hashes: np.ndarray, read: Callable[[int], np.ndarray]
) -> pd.DataFrame:
    """Return pairs of films that show one picture.

    Args:
        manifest: the films.
        hashes: their picture hashes, uint64 (N, 4).
        read: row -> grey pixels (H, W) in 0..1.

    Returns:
        Columns `first`, `second` (image_id) and `similarity` (0..1).
    """
    names = manifest["image_id"].to_numpy()
    pairs = [(names[a], names[b], score) for a, b, score in copies(hashes, read)]
    return pd.DataFrame(pairs, columns=["first", "second", "similarity"])


def _joined_by_looks(
    root: Path, films: pd.DataFrame, hashes: np.ndarray, manifest: pd.DataFrame, seed: int
) -> tuple[list[str], list[str]]:
    """Return sentences for leaks (by name or by looks) and for copies that nothing joins."""
    try:
        split = split_manifest(manifest, seed)
    except DataError as error:
        return [str(error)], []
    files = films["file"].to_numpy()
    pairs = near_duplicates(films, hashes, lambda row: _pixels(root / files[row]))
    facts = films.set_index("image_id")
    leaks, near = crossings(manifest, split), []
    for pair in pairs.itertuples():
        one, other = facts.loc[pair.first], facts.loc[pair.second]
        if one["group"] == other["group"] or one["cluster"] == other["cluster"] != "":
            continue
        near.append(f"{pair.first} and {pair.second} (similarity {pair.similarity:.2f})")
        parts = {split[pair.first], split[pair.second]}
        if len(parts) > 1:
            leaks.append(f"{near[-1]}: {' and '.join(sorted(parts))}")
    return leaks, near


def _other_picture(films: pd.DataFrame, hashes: np.ndarray) -> list[str]:
    """Return the files that do not show what the manifest of facts says they show."""
    facts = read_facts()
    facts = facts[facts["phash"] != ""].set_index("image_id")
    same = films["image_id"].map(facts["sha256"]).eq(films["sha256"]).to_numpy(bool)
    known = np.flatnonzero(same & hashes.any(axis=1))
    if not len(known):
        return []
    expected = text_to_hashes(facts["phash"].loc[films["image_id"].iloc[known]])
    wrong = known[hamming(hashes[known], expected) > SAME]
    return list(films["file"].iloc[wrong])


def _same_bytes(root: Path, films: pd.DataFrame) -> list[str]:
    """Return a sentence for each file with the bytes of an earlier one."""
    first: dict[str, str] = {}
    found = []
    sizes = pd.Series([(root / file).stat().st_size for file in films["file"]], films["file"])
    for file in sizes[sizes.duplicated(keep=False)].index:
        sha256 = file_sha256(root / file)
        if sha256 in first:
            found.append(f"{file} is {first[sha256]}")
        first.setdefault(sha256, file)
    return found


def _pixels(path: Path) -> np.ndarray:
    pixels = read_stored(path)
    return np.zeros((8, 8), np.float32) if pixels is None else pixels


def _even(path: Path) -> bool:
    """Tell whether a film without a hash can be read after all: one even grey."""
    return read_stored(path) is not None
