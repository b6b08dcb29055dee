"""ZIP archives from untrusted hands: their members, each unpacked within bounds.

Only stored and deflated members are unpacked: for BZIP2 and LZMA the library bounds what it hands
out, but not what it decompresses on the way.
"""

import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from covidweb.errors import ImageError
from covidweb.radiograph.limits import MIB, Limits

_ENTRY = 1024
_END, _END64 = b"PK\x05\x06", b"PK\x06\x06"
_LONGEST_END = 22 + 65_535 + 128
_LOCKED = 0x1
_PACKED_AS = {
    9: "Deflate64",
    12: "BZIP2",
    14: "LZMA",
    93: "Zstandard",
    95: "XZ",
    98: "PPMd",
}
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


@dataclass(frozen=True, eq=False)
class Member:
    """A file in an archive, still packed; `name` is its path inside, as the archive has it."""

    name: str
    _archive: zipfile.ZipFile
    _info: zipfile.ZipInfo

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._archive.filename:
            raise TypeError("A member of an archive in memory cannot be pickled.")
        return _again, (self.name, Path(self._archive.filename), self._info.header_offset)

    def head(self, size: int) -> bytes:
        """Return its first bytes. Raises ImageError where it cannot be unpacked."""
        return self._unpack(size)

    def read(self) -> bytes:
        """Return its bytes.

        Raises:
            ImageError: locked, broken, packed in another way, or more than a film holds.
        """
        limits = Limits()
        packed = self._info.compress_size * limits.archive_ratio
        limit = min(limits.file_bytes, max(limits.always_unpacked_bytes, packed))
        # The sizes in the archive's list may lie, so what really comes out is counted.
        data = self._unpack(limit + 1)
        if len(data) > limit:
            raise ImageError(
                "This file unpacks to far more than a film holds, so it was not unpacked: at most "
                f"{limit / MIB:.0f} MiB are accepted for it."
            )
        return data

    def _unpack(self, size: int) -> bytes:
        if self._info.flag_bits & _LOCKED:
            raise ImageError("This file is locked with a password inside its ZIP archive.")
        if self._info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            kind = self._info.compress_type
            raise ImageError(
                "This file is packed in a way that is not unpacked here: stored and deflated "
                f"members of a ZIP are accepted, received {_PACKED_AS.get(kind, f'kind {kind}')}."
            )
        broken = "This file is broken inside its ZIP archive."
        with _faults(broken), self._archive.open(self._info) as stream:
            return stream.read(size)


def members(whole: bytes | Path) -> list[Member]:
    """Return the files of an archive, in its order; folders are none.

    Args:
        whole: the archive's bytes, or where it lies.

    Raises:
        ImageError: broken, or with too many files or too many bytes.
    """
    limits = Limits()
    with _faults("This ZIP archive is broken or cut short and cannot be opened."):
        with io.BytesIO(whole) if isinstance(whole, bytes) else whole.open("rb") as stream:
            _check_count(_listed_bytes(stream) // _ENTRY, limits)
        archive = zipfile.ZipFile(io.BytesIO(whole) if isinstance(whole, bytes) else whole)
    files = [info for info in archive.infolist() if not info.is_dir()]
    _check_count(len(files), limits)
    if sum(info.file_size for info in files) > limits.archive_bytes:
        raise ImageError(
            f"This ZIP archive unpacks to more than the {limits.archive_mib:,} MiB accepted. "
            "Upload it in parts."
        )
    return [Member(info.filename, archive, info) for info in files]


def _again(name: str, path: Path, offset: int) -> Member:
    """Return the member that was pickled; its archive is opened once."""
    archive, places = _opened(path)
    return Member(name, archive, places[offset])


@lru_cache(maxsize=4)
def _opened(path: Path) -> tuple[zipfile.ZipFile, dict[int, zipfile.ZipInfo]]:
    archive = zipfile.ZipFile(path)
    return archive, {info.header_offset: info for info in archive.infolist()}


@contextmanager
def _faults(sentence: str) -> Iterator[None]:
    """Turn what a broken archive raises, and a lack of memory, into an ImageError."""
    try:
        yield
    except _FAULTS as error:
        raise ImageError(sentence) from error
    except MemoryError as error:
        raise ImageError("This file takes more memory to unpack than is free.") from error


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.archive_files:
        raise ImageError(
            f"This ZIP archive holds too many files: at most {limits.archive_files:,} are "
            f"accepted, received {count:,} or more."
        )


def _listed_bytes(stream: BinaryIO) -> int:
    """Return how long the archive's own list is: the library reads all of it before any check."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _LONGEST_END))
    tail = stream.read()
    wide, end = tail.rfind(_END64), tail.rfind(_END)
    at, width = (wide + 40, 8) if wide >= 0 else (end + 12, 4)
    return int.from_bytes(tail[at : at + width], "little") if end >= 0 else 0
