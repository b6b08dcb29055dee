"""The manifest: one row of facts per film, and the files that it names.

A data root holds `manifest.csv` and the films. The column `sha256` is that of the original
upstream, not of the film here, which was re-encoded; `checksums.csv` (see `checksums`) has the
hashes of the stored files where `data download` or `data import` wrote them.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from covidweb.errors import DataError
from covidweb.files import file_sha256
from covidweb.place import home
from covidweb.sets import SETS

MANIFEST = "manifest.csv"
COLUMNS = (
    "image_id",
    "file",
    "label",
    "set",
    "source",
    "group",
    "view",
    "age",
    "sex",
    "width",
    "height",
    "licence",
    "repo",
    "commit",
    "repo_path",
    "sha256",
    "cluster",
)
OPTIONAL_COLUMNS = ("note",)
LABELS = ("covid", "normal", "pneumonia", "tuberculosis", "other", "not_cxr")
"""`other` is an adult's film that is not normal and shows no opacity: no COVID-19, no normal."""
SIMULATED = "simulated"
"""The `source` of films that were computed, not taken."""

_FILLED = ("image_id", "file", "label", "set", "source", "group")


def data_root() -> Path:
    """Return the data root: `COVIDWEB_DATA`, else `data/` beside the package or, failing that,
    in the current folder. It need not exist."""
    configured = os.environ.get("COVIDWEB_DATA")
    if configured:
        return Path(configured)
    beside = home() / "data"
    return beside if beside.is_dir() else Path("data")


def load_manifest(
    root: Path | None = None, *, check_files: bool = False, check_hashes: bool = False
) -> pd.DataFrame:
    """Read and check a data root's manifest.

    Args:
        root: the data root; `data_root()` when not given.
        check_files: also check that every film is there.
        check_hashes: also check every film against `checksums.csv`, and against the
            manifest's own hash where the original was stored as it came (reads all the films).

    Returns:
        One row per film in the manifest's order, columns as in `COLUMNS` and `note`: strings,
        missing as "", except `width` and `height` (int64, pixels of the original, 0 unknown)
        and `age` (float64, years, NaN unknown).

    Raises:
        DataError: no manifest, missing columns, unknown labels or sets, repeated or empty
            names, missing or changed files; each names the first few and their number.
    """
    root = data_root() if root is None else Path(root)
    table = _typed(check_table(_read(root / MANIFEST), root / MANIFEST))
    if check_files or check_hashes:
        from covidweb.dataset.checksums import changed_files, missing_files

        _refuse("Films that the manifest names are missing", missing_files(root, table))
        if check_hashes:
            _refuse("Films do not have the sha256 on record", changed_files(root, table))
    return table


def film_path(root: Path, row: Mapping[str, Any] | pd.Series) -> Path:
    """Return the path of a row's film below `root`."""
    return Path(root) / str(row["file"])


def group_names(rows: pd.DataFrame) -> pd.Series:
    """Return the group of each row, a film without one being a group of its own: the image id."""
    return rows["group"].mask(rows["group"] == "", rows["image_id"])


def manifest_sha256(root: Path | None = None) -> str:
    """Return the sha256 of the manifest file, for a card. Raises DataError when it is missing."""
    path = (data_root() if root is None else Path(root)) / MANIFEST
    if not path.is_file():
        raise DataError(f"There is no {MANIFEST} in the data root. Received: {path.parent}")
    return file_sha256(path)


def check_table(table: pd.DataFrame, origin: Path | str) -> pd.DataFrame:
    """Return the table if it has the manifest's columns and known values.

    Args:
        table: all strings, missing as "".
        origin: what the messages call the table.

    Raises:
        DataError: names what is missing, unknown, empty or repeated.
    """
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise DataError(
            f"The manifest lacks columns: {', '.join(missing)}. It needs {', '.join(COLUMNS)}. "
            f"Received: {origin}"
        )
    _known(table["label"], LABELS, "labels")
    _known(table["set"], SETS, "sets")
    for column in _FILLED:
        _refuse(f"Manifest rows without a {column}", _lines(table[column] == ""))
    for column in ("image_id", "file"):
        values = table[column]
        _refuse(f"Manifest rows repeat a {column}", values[values.duplicated()].unique())
    _refuse("Manifest rows name a file outside the data root", _outside(table["file"]))
    return table


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(
            f"There is no {MANIFEST} in the data root: fetch the films with 'data download', take "
            f"your own with 'data import', or set COVIDWEB_DATA. Received: {path.parent}"
        )
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        raise DataError(f"The manifest cannot be read as CSV: {error}. Received: {path}") from error


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give widths, heights and ages their numbers; add the optional columns."""
    for column in OPTIONAL_COLUMNS:
        if column not in table.columns:
            table[column] = ""
    for column in ("width", "height"):
        numbers = pd.to_numeric(table[column].replace("", "0"), errors="coerce")
        _refuse(f"Manifest values of {column} are no numbers", table[column][numbers.isna()])
        table[column] = numbers.astype("int64")
    # Upstream writes "67+" and "early 40s": the number in it is near enough.
    table["age"] = table["age"].str.extract(r"(\d+(?:\.\d+)?)", expand=False).astype(float)
    return table


def _known(values: pd.Series, accepted: tuple[str, ...], what: str) -> None:
    unknown = sorted(set(values) - set(accepted))
    if unknown:
        raise DataError(
            f"The manifest has unknown {what}: {_few(unknown)}. Accepted: {', '.join(accepted)}."
        )


def _outside(files: pd.Series) -> list[str]:
    """Return the names that are absolute or climb out of the root."""
    suspects = files[files.str.contains(r"^[/\\]|\.\.|:|\\", regex=True)]
    return [name for name in suspects if not _inside(name)]


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and not {":", "\\"} & set(name)


def _lines(wrong: pd.Series) -> list[str]:
    return [f"line {number + 2}" for number in range(len(wrong)) if wrong.iloc[number]]


def _refuse(problem: str, names: Iterable[str]) -> None:
    found = list(names)
    if found:
        raise DataError(f"{problem}: {_few(found)}.")


def _few(names: list[str], count: int = 5) -> str:
    """Return the first few names and how many there are in all."""
    shown = ", ".join(str(name) or "''" for name in names[:count])
    return shown if len(names) <= count else f"{shown}, … ({len(names)} in all)"
