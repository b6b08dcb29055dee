"""Fetch the originals that the manifest of facts names, and keep them as the data root does.

Each file is fetched whole, held against its sha256, re-encoded, moved into place, and only then
written into `checksums.csv`; whatever is cut short is fetched again by the next run. A fault
belongs to its file and never stops the others, except that a connection that fails for
`GIVE_UP` files in a row is taken as lost.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from covidweb.dataset.checksums import add_checksums, read_checksums
from covidweb.dataset.facts import read_facts
from covidweb.dataset.fetch import Fetcher, FetchFault, LostConnection
from covidweb.dataset.manifest import COLUMNS, MANIFEST, OPTIONAL_COLUMNS
from covidweb.dataset.store import store_form
from covidweb.errors import DataError, ImageError
from covidweb.files import file_sha256, write_bytes
from covidweb.sets import SETS

BASE = "https://raw.githubusercontent.com"
AT_ONCE = 8
GIVE_UP = 24
SOURCES, FAULTS = "sources.csv", "faults.csv"


@dataclass(frozen=True)
class Fault:
    """Why one film did not arrive."""

    image_id: str
    address: str
    reason: str


@dataclass
class DownloadReport:
    """What a run did: films fetched now, films that were there before, faults."""

    fetched: int = 0
    present: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class _Film:
    """A film that arrived: its file, the hash of the stored bytes, the original's size."""

    file: str
    sha256: str
    size: tuple[int, int]


def base_address() -> str:
    """Return where repositories are served: `COVIDWEB_DOWNLOAD_URL`, else GitHub's raw files."""
    return os.environ.get("COVIDWEB_DOWNLOAD_URL") or BASE


def address(row: Any, base: str | None = None) -> str:
    """Return the address of a row's original (`repo`, `commit`, `repo_path`)."""
    base = (base or base_address()).rstrip("/")
    return f"{base}/{quote(f'{row.repo}/{row.commit}/{row.repo_path}')}"


def download(
    root: Path,
    sets: Sequence[str] = (),
    *,
    base_url: str | None = None,
    facts: pd.DataFrame | None = None,
    limit: int | None = None,
    at_once: int = AT_ONCE,
    progress: Callable[[int, int], None] | None = None,
    fetcher: Fetcher | None = None,
) -> DownloadReport:
    """Fetch films into a data root; a film that is there already is not asked for.

    Args:
        root: the data root; made if need be.
        sets: the sets to fetch; all when empty.
        base_url: where repositories are served; `base_address()` when not given.
        facts: the manifest of facts; the shipped one when not given.
        limit: at most this many films, spread over the chosen sets and labels.
        at_once: connections at a time.
        progress: called with the films done and wanted, after each.
        fetcher: fetches one address; another for tests.

    Raises:
        DataError: unknown sets, or the data root cannot be written.
    """
    wanted = _wanted(facts if facts is not None else read_facts(), sets, limit)
    root = Path(root)
    _check_writable(root)
    here = _present(root, wanted)
    report = DownloadReport(present=len(here))
    missing = wanted[~wanted["file"].isin(here)]
    sizes: dict[str, tuple[int, int]] = {}
    try:
        for outcome in _fetch_all(root, missing, base_url, at_once, fetcher or Fetcher()):
            if isinstance(outcome, Fault):
                report.faults.append(outcome)
            else:
                report.fetched += 1
                sizes[outcome.file] = outcome.size
            if progress:
                done = report.present + report.fetched + len(report.faults)
                progress(done, len(wanted))
    finally:
        arrived = wanted[wanted["file"].isin(here | set(sizes))]
        _write_tables(root, arrived, sizes, base_url, report.faults)
    return report


def _wanted(facts: pd.DataFrame, sets: Sequence[str], limit: int | None) -> pd.DataFrame:
    unknown = sorted(set(sets) - set(SETS))
    if unknown:
        raise DataError(f"Unknown sets: {', '.join(unknown)}. Accepted: {', '.join(SETS)}.")
    table = facts[facts["set"].isin(sets)] if sets else facts
    if limit is not None:
        turn = table.groupby(["set", "label", "source"]).cumcount()
        table = table.loc[turn.sort_values(kind="stable").index[:limit]].sort_index()
    files = "images/" + table["set"] + "/" + table["image_id"] + ".jpg"
    return table.assign(file=files)


def _check_writable(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_bytes(root / ".writable", b"")
        (root / ".writable").unlink()
    except OSError as error:
        raise DataError(f"The data root cannot be written: {error}. Received: {root}") from error


def _present(root: Path, wanted: pd.DataFrame) -> set[str]:
    """Return the files that are in place with the bytes on record; record those that lack it."""
    known = read_checksums(root)
    here, new = set(), []
    for file in wanted["file"]:
        path = root / file
        if not path.is_file() or path.stat().st_size == 0:
            continue
        found = file_sha256(path)
        if known.get(file, found) == found:
            here.add(file)
        if file not in known:
            new.append((file, found))
    add_checksums(root, new)
    return here


def _fetch_all(
    root: Path, rows: pd.DataFrame, base_url: str | None, at_once: int, fetcher: Fetcher
) -> Iterator[_Film | Fault]:
    """Yield each film's outcome as it comes, with few films ahead of the reader."""
    lost = threading.Event()
    failures = 0
    pending: set[Future[_Film | Fault]] = set()
    todo = rows.itertuples()
    with ThreadPoolExecutor(max(1, at_once)) as pool:
        try:
            while True:
                for row in todo:
                    pending.add(pool.submit(_one, root, row, base_url, fetcher, lost))
                    if len(pending) >= 2 * at_once:
                        break
                if not pending:
                    return
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in finished:
                    outcome = future.result()
                    if isinstance(outcome, _Film):
                        add_checksums(root, [(outcome.file, outcome.sha256)])
                        failures = 0
                    elif outcome.reason.startswith(LostConnection.sentence):
                        failures += 1
                        if failures >= GIVE_UP:
                            lost.set()
                    yield outcome
        finally:
            # A reader that stops early must not wait for films it no longer wants.
            lost.set()


def _one(
    root: Path, row: Any, base_url: str | None, fetcher: Fetcher, lost: threading.Event
) -> _Film | Fault:
    """Fetch, check, re-encode and place one film."""
    where = address(row, base_url)
    if lost.is_set():
        return Fault(row.image_id, where, "Not tried: the connection was lost.")
    try:
        original = fetcher.fetch(where, row.sha256)
        data, size = store_form(original, photograph=row.label == "not_cxr")
        write_bytes(root / row.file, data)
    except (FetchFault, ImageError) as error:
        return Fault(row.image_id, where, str(error))
    except OSError as error:
        return Fault(row.image_id, where, f"It could not be written: {error.strerror or error}.")
    return _Film(row.file, file_sha256(root / row.file), size)


def _write_tables(
    root: Path,
    arrived: pd.DataFrame,
    sizes: dict[str, tuple[int, int]],
    base_url: str | None,
    faults: list[Fault],
) -> None:
    """Write the manifest, the sources with their licences, and the faults, if any."""
    table = arrived.assign(
        width=[str(sizes.get(file, ("", ""))[0]) for file in arrived["file"]],
        height=[str(sizes.get(file, ("", ""))[1]) for file in arrived["file"]],
    )
    _write_csv(root / MANIFEST, _merged(root, table))
    origin = [address(row, base_url) for row in arrived.itertuples()]
    sources = arrived.assign(address=origin)[["file", "source", "licence", "address", "sha256"]]
    _write_csv(root / SOURCES, _joined(root / SOURCES, sources, "file"))
    if faults:
        _write_csv(root / FAULTS, pd.DataFrame([vars(fault) for fault in faults]))
    else:
        (root / FAULTS).unlink(missing_ok=True)


def _merged(root: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return the root's manifest with these rows added; sizes that are known there stay."""
    table = table.reindex(columns=[*COLUMNS, *OPTIONAL_COLUMNS], fill_value="").fillna("")
    path = root / MANIFEST
    if path.is_file():
        before = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("image_id")
        for column in ("width", "height", "age", "sex", "note"):
            if column in before:
                known = table["image_id"].map(before[column]).fillna("")
                table[column] = table[column].where(table[column] != "", known)
    return _joined(path, table, "image_id")


def _joined(path: Path, table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the rows of a CSV with those of `table` in place of rows with the same key."""
    if not path.is_file():
        return table
    before = pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.concat([before[~before[key].isin(table[key])], table]).fillna("")


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    write_bytes(path, table.to_csv(index=False).encode())
