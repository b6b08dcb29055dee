"""Hashes of the stored films: `checksums.csv`, one line `file,sha256` per film.

It is a journal: a line is added when a film has been put in place, and of several lines for
one file the last holds. A film without a line is one whose fetching was cut short.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from covidweb.files import file_sha256
from covidweb.progress import track

CHECKSUMS = "checksums.csv"
_LINE = re.compile(r"(?P<file>.+),(?P<sha256>[0-9a-f]{64})")


def read_checksums(root: Path) -> dict[str, str]:
    """Return file -> sha256 of the stored films; {} when none were recorded.

    Lines that were cut short are passed over.
    """
    path = Path(root) / CHECKSUMS
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = filter(None, map(_LINE.fullmatch, lines))
    return {match["file"]: match["sha256"] for match in found}


def add_checksums(root: Path, hashes: Iterable[tuple[str, str]]) -> None:
    """Append lines (file, sha256) to the journal."""
    path = Path(root) / CHECKSUMS
    whole = not path.exists() or path.read_bytes()[-1:] in (b"\n", b"")
    with path.open("a", encoding="utf-8") as stream:
        # A line cut short by a crash must not swallow the next one.
        stream.write("" if whole else "\n")
        stream.writelines(f"{file},{sha256}\n" for file, sha256 in hashes)


def missing_files(root: Path, manifest: pd.DataFrame) -> list[str]:
    """Return the names of the films that are not there or are empty."""
    return [file for file in manifest["file"] if not _is_there(Path(root) / file)]


def changed_files(root: Path, manifest: pd.DataFrame) -> list[str]:
    """Return the names of stored films whose bytes are not those on record.

    A film is right if its hash is the one in `checksums.csv`, or the manifest's (the original,
    stored as it came). A film with no line in `checksums.csv` cannot be checked this way.
    """
    known = read_checksums(root)
    rows = zip(manifest["file"], manifest["sha256"], strict=True)
    recorded = [(file, sha256) for file, sha256 in rows if file in known]
    wrong = []
    for file, original in track(recorded, "Hashing films"):
        path = Path(root) / file
        if path.is_file() and file_sha256(path) not in (known[file], original):
            wrong.append(file)
    return wrong


def _is_there(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
