"""Many films at once: files, ZIP archives and folders as one row of sources, screened in steps.

Nothing is unpacked to a disk: a ZIP's members are read one at a time, by what they really hold
and not by what the archive says, and only their base names are kept.
"""

import hashlib
import io
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
from PIL import Image

from covidweb.errors import ImageError
from covidweb.radiograph import (
    ACCEPTED_EXTENSIONS,
    Radiograph,
    read_radiograph,
)
from covidweb.radiograph.limits import MAX_BYTES
from covidweb.screening.result import ScreeningResult

MAX_MEMBERS = 5_000
"""Most entries that an archive may list."""

MAX_UNPACKED = 4 * 1024**3
"""Most bytes that the films of one archive may hold together."""

MAX_RATIO = 200
"""Most bytes that a member may unpack to per byte packed; films reach about 20."""

ALWAYS_UNPACKED = 16 * 1024**2
"""Bytes that a member may unpack to however little it packs to: blank films pack very well."""

CHUNK = 4
"""Films screened together in one step."""

THUMBNAIL = 96
"""Longer side of a thumbnail in pixels."""


class Screens(Protocol):
    """What a batch needs of a Screener."""

    def screen_many(self, radiographs: Sequence[Radiograph]) -> list[ScreeningResult]:
        """Screen films, one result each."""

    def failure(self, reason: str) -> ScreeningResult:
        """Return the `error` result of a file which gave no film."""


@dataclass(frozen=True, eq=False)
class Source:
    """A file still to be screened: its base name, and how to get its bytes (raises ImageError)."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, eq=False)
class Listing:
    """What was found in an upload: the films, and the base names of files left out."""

    sources: tuple[Source, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Screened:
    """One row: a file's base name, its bytes with their sha256, a thumbnail and the result.

    `data` is empty where the bytes could not be had; `thumbnail` is a JPEG, empty without a film.
    """

    name: str
    data: bytes
    sha256: str
    thumbnail: bytes
    result: ScreeningResult


def list_upload(name: str, data: bytes) -> Listing:
    """Return the films of one uploaded file: itself, or the members of a ZIP.

    An archive that cannot be opened is listed as one source whose reading says why, so that every
    upload gives at least one row.
    """
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Listing((Source(base_name(name), lambda: data),))
    try:
        return _list_archive(data)
    except ImageError as error:
        return Listing((_failing(base_name(name), str(error)),))


def list_folder(folder: Path) -> Listing:
    """Return the films of a folder, sorted, subfolders included; other files are left out."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p.name))
    films = [p for p in files if _may_be_film(p.name)]
    sources = tuple(Source(p.name, _reader(p)) for p in films)
    return Listing(sources, tuple(p.name for p in files if not _may_be_film(p.name)))


def base_name(name: str) -> str:
    """Return a path's last part, whichever way its slashes lean, without control characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:200] or "unnamed"


@dataclass(eq=False)
class Batch:
    """Screens sources in steps short enough for a page to stay alive between them.

    Attributes:
        sources: what to screen, in order.
        screener: screens and makes `error` results.
        done: how many are done. Rows are handed out and not kept: films are large.
        cancelled: set by `cancel`; nothing is screened after it.
        seconds: time spent in steps.
    """

    sources: Sequence[Source]
    screener: Screens
    done: int = 0
    cancelled: bool = False
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many files there are."""
        return len(self.sources)

    @property
    def finished(self) -> bool:
        """Whether all is done, or the batch was cancelled."""
        return self.cancelled or self.done == self.total

    @property
    def seconds_left(self) -> float | None:
        """Time left by the pace so far; None before the first film is done."""
        if not self.done:
            return None
        return self.seconds / self.done * (self.total - self.done)

    def cancel(self) -> None:
        """Stop before the next step; what is done stays."""
        self.cancelled = True

    def step(self, seconds: float = 1.0) -> list[Screened]:
        """Screen films for about `seconds`, one chunk at least, and return the new rows."""
        start, rows = time.monotonic(), list[Screened]()
        while not self.finished:
            chunk = self._chunk(self.sources[self.done : self.done + CHUNK])
            rows += chunk
            self.done += len(chunk)
            if time.monotonic() - start >= seconds:
                break
        self.seconds += time.monotonic() - start
        return rows

    def run(self) -> Iterator[Screened]:
        """Screen everything, yielding rows as they come."""
        while not self.finished:
            yield from self.step(0.0)

    def _chunk(self, sources: Sequence[Source]) -> list[Screened]:
        opened = [_open(source) for source in sources]
        films = [film for _, film, _ in opened if film is not None]
        results = iter(self.screener.screen_many(films) if films else [])
        return [
            Screened(
                source.name,
                data,
                hashlib.sha256(data).hexdigest(),
                thumbnail(film.pixels) if film is not None else b"",
                next(results) if film is not None else self.screener.failure(reason),
            )
            for source, (data, film, reason) in zip(sources, opened, strict=True)
        ]


def thumbnail(pixels: np.ndarray, side: int = THUMBNAIL) -> bytes:
    """Return pixels (H, W) in 0..1 as a JPEG whose longer side is at most `side`."""
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    stream = io.BytesIO()
    grey = np.round(np.clip(np.asarray(image), 0, 1) * 255).astype(np.uint8)
    Image.fromarray(grey).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _open(source: Source) -> tuple[bytes, Radiograph | None, str]:
    data = b""
    try:
        data = source.read()
        return data, read_radiograph(data), ""
    except ImageError as error:
        return data, None, str(error)


def _list_archive(data: bytes) -> Listing:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = [m for m in archive.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ImageError("This ZIP archive is broken or cut short and cannot be opened.") from error
    if len(members) > MAX_MEMBERS:
        raise ImageError(
            f"This ZIP archive holds too many files: at most {MAX_MEMBERS:,} are accepted, "
            f"received {len(members):,}."
        )
    members = [m for m in members if not _hidden(m.filename)]
    films = [m for m in members if _may_be_film(m.filename)]
    if sum(m.file_size for m in films) > MAX_UNPACKED:
        raise ImageError(
            f"This ZIP archive unpacks to more than the {MAX_UNPACKED // 1024**3} GiB accepted. "
            "Upload it in parts."
        )
    if not films:
        raise ImageError("This ZIP archive holds no films.")
    sources = tuple(Source(base_name(m.filename), _member(archive, m)) for m in films)
    left_out = tuple(base_name(m.filename) for m in members if not _may_be_film(m.filename))
    return Listing(sources, left_out)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if member.flag_bits & 0x1:
            raise ImageError("This file is locked with a password inside its ZIP archive.")
        # The sizes in the archive's list may lie, so what really comes out is counted.
        limit = min(MAX_BYTES, max(ALWAYS_UNPACKED, member.compress_size * MAX_RATIO))
        try:
            with archive.open(member) as stream:
                data = stream.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise ImageError("This file is broken inside its ZIP archive.") from error
        if len(data) > limit:
            raise ImageError(
                "This file unpacks to far more than a film holds, so it was not unpacked: at most "
                f"{limit / 2**20:.0f} MiB are accepted for it."
            )
        return data

    return read


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ImageError(
                    f"This file is too large: at most {MAX_BYTES // 2**20} MiB are accepted."
                )
            return path.read_bytes()
        except OSError as error:
            raise ImageError(f"This file cannot be opened: {error.strerror}.") from error

    return read


def _failing(name: str, reason: str) -> Source:
    def read() -> bytes:
        raise ImageError(reason)

    return Source(name, read)


def _may_be_film(name: str) -> bool:
    """Accept known extensions, and none at all, as DICOM files often have it."""
    suffix = PurePosixPath(base_name(name)).suffix.lower().lstrip(".")
    known = not suffix or suffix in ACCEPTED_EXTENSIONS or suffix == "dicom"
    return known or suffix.isdigit()


def _hidden(name: str) -> bool:
    """Tell the files that systems leave behind: dot files and the Mac's resource forks."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith("."))
