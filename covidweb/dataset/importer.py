"""Take a folder of one's own, `covid/`, `normal/`, ..., into a data root.

File names may hold a person's name, so they are not kept: a group is named by a hash of what the
names share, and a film by its number.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from covidweb.dataset.checksums import add_checksums
from covidweb.dataset.duplicates import SAME, near_pairs
from covidweb.dataset.manifest import COLUMNS, LABELS, MANIFEST, OPTIONAL_COLUMNS, load_manifest
from covidweb.dataset.measure import film_hashes
from covidweb.dataset.store import store_form
from covidweb.errors import DataError, ImageError
from covidweb.files import write_bytes

_PERSON = re.compile(r"(?:patient|person|subject|pat|sub|case|pid)[-_ ]?\d+", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<stem>.*\d.*?)[-_ .(]+\d{1,4}\)?")
_SPLIT_SET = "train_pool"


@dataclass
class ImportReport:
    """What an import did.

    Attributes:
        taken: films stored now. known: files that the data root has already.
        faults: file -> why it could not be taken.
        ungrouped: films whose name does not say whose they are.
    """

    taken: int = 0
    known: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    ungrouped: int = 0

    @property
    def warning(self) -> str:
        """A sentence about films without a group, "" when there are none."""
        if not self.ungrouped:
            return ""
        return (
            f"The names of {self.ungrouped:,} films do not say which films are of one person: "
            "each is taken as a person of its own. If they are not, films of one person can be "
            "on both sides of the split, and the scores will be too good."
        )


def import_folder(
    folder: Path,
    root: Path,
    *,
    source: str = "imported",
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Store the films of a folder and add them to the data root's manifest.

    Args:
        folder: has subfolders named after the labels (`covid`, `normal`, `pneumonia`, ...).
        root: the data root; made if need be.
        source: what the manifest calls where the films come from.
        progress: called with the files done and all files.

    Raises:
        DataError: no such subfolders, no films, or the data root cannot be written.
    """
    if not re.fullmatch(r"[a-z0-9_]+", source):
        raise DataError(f"A source is named in a-z, 0-9 and _. Received: {source}")
    files = list(_labelled(Path(folder)))
    before = load_manifest(root) if (root / MANIFEST).is_file() else _no_rows()
    report = ImportReport()
    rows: list[dict[str, str]] = []
    try:
        for number, (file, label) in enumerate(files, 1):
            _take(file, label, folder, root, source, before, rows, report)
            if progress:
                progress(number, len(files))
    except OSError as error:
        raise DataError(f"The data root cannot be written: {error}.") from error
    finally:
        if rows:
            _add(root, before, rows)
    return report


def group_of(path: Path, folder: Path) -> str:
    """Return what of a file's name (below its label's folder) names its person, "" if nothing.

    A subfolder; `patient12` and the like; else what stands before a last number, if it has a
    number of its own: `IM-0115-0001` is of `IM-0115`, `covid_001` of nobody known.
    """
    parents = path.relative_to(folder).parts[1:-1]
    if parents:
        return "/".join(parents)
    person = _PERSON.search(path.stem)
    if person:
        return re.sub(r"[-_ ]", "", person.group()).lower()
    numbered = _NUMBERED.fullmatch(path.stem)
    return numbered["stem"] if numbered else ""


def _labelled(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the films of the label folders, sorted, with their labels."""
    if not folder.is_dir():
        raise DataError(f"There is no such folder. Received: {folder}")
    named = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    found = [(label, named[label]) for label in LABELS if label in named]
    if not found:
        raise DataError(
            f"The folder needs subfolders named after the labels: {', '.join(LABELS)}. "
            f"Received: {', '.join(named) or 'no subfolders'}."
        )
    empty = True
    for label, place in found:
        for path in sorted(p for p in place.rglob("*") if p.is_file() and p.name[0] != "."):
            empty = False
            yield path, label
    if empty:
        raise DataError(f"The folder has no films. Received: {folder}")


def _take(
    file: Path,
    label: str,
    folder: Path,
    root: Path,
    source: str,
    before: pd.DataFrame,
    rows: list[dict[str, str]],
    report: ImportReport,
) -> None:
    """Store one file, or say in the report why not."""
    try:
        data = file.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in set(before["sha256"]) or any(row["sha256"] == sha256 for row in rows):
            report.known += 1
            return
        stored, size = store_form(data, photograph=label == "not_cxr")
    except (ImageError, PermissionError) as error:
        report.faults[str(file.relative_to(folder))] = str(error)
        return
    place = "not_cxr" if label == "not_cxr" else _SPLIT_SET
    name = f"{source}-{len(before) + len(rows):05d}"
    row = dict.fromkeys((*COLUMNS, *OPTIONAL_COLUMNS), "") | {
        "image_id": name,
        "file": f"images/{place}/{name}.jpg",
        "label": label,
        "set": place,
        "source": source,
        "group": _group(file, folder, source, name, report),
        "width": str(size[0]),
        "height": str(size[1]),
        "sha256": sha256,
    }
    write_bytes(root / row["file"], stored)
    add_checksums(root, [(row["file"], hashlib.sha256(stored).hexdigest())])
    rows.append(row)
    report.taken += 1


def _group(file: Path, folder: Path, source: str, name: str, report: ImportReport) -> str:
    person = group_of(file, folder)
    if not person:
        report.ungrouped += 1
        return name
    return f"{source}-{hashlib.sha256(person.encode()).hexdigest()[:12]}"


def _add(root: Path, before: pd.DataFrame, rows: list[dict[str, str]]) -> None:
    """Join near-identical new films in clusters, and write the manifest."""
    new = pd.DataFrame(rows, dtype="str")
    new["cluster"] = _clusters(root, new)
    path = root / MANIFEST
    old = pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else before
    table = pd.concat([old, new]).fillna("")
    write_bytes(path, table.to_csv(index=False).encode())


def _clusters(root: Path, films: pd.DataFrame) -> list[str]:
    """Return a cluster's name for films that look the same, "" for those alone."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = near_pairs(film_hashes(root, films), SAME)
    shape = (len(films), len(films))
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape)
    _, labels = connected_components(links, directed=False)
    shared = pd.Series(labels).duplicated(keep=False)
    first = films["image_id"].groupby(labels).transform("first")
    return list(("near-" + first).where(shared.to_numpy(), ""))


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(columns=[*COLUMNS, *OPTIONAL_COLUMNS], dtype="str")
