"""The films of one reader as values, their bytes within a limit, and names that stay unique."""

from collections.abc import Collection
from dataclasses import dataclass

from covidweb.errors import ImageError
from covidweb.radiograph import Limits, Radiograph, Source, read_radiograph
from covidweb.screening.result import ScreeningResult


@dataclass(frozen=True, eq=False)
class Film:
    """One film of a list.

    Attributes:
        id: unique within the list, in the order the films came.
        name: unique within the list, as the reader sees it.
        given: the file's own name; several films may share it.
        origin: empty for an upload, else a word for the reader such as `simulated`.
        truth: the label where it is known, else empty.
        seed: what the generator drew a simulated film from, else None.
        upload: which upload it came with, empty for none.
        sha256: of the bytes; empty while the film waits.
        thumbnail: a JPEG; empty while the film waits, and where the bytes are none.
    """

    id: int
    name: str
    given: str
    origin: str = ""
    truth: str = ""
    seed: int | None = None
    upload: str = ""
    sha256: str = ""
    thumbnail: bytes = b""

    @property
    def key(self) -> str:
        """What tells films apart by their content; by their place where there is none."""
        return self.sha256 if self.thumbnail else f"{self.sha256}-{self.id}"


@dataclass(frozen=True, eq=False)
class Row:
    """A film with the chosen model's result."""

    film: Film
    result: ScreeningResult


class Shelf:
    """Bytes by their sha256, at most `Limits.session_bytes` of them. Not safe by itself."""

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}
        self._size = 0

    def put(self, sha256: str, data: bytes) -> bool:
        """Keep bytes; False when there is no room for them."""
        if sha256 in self._data:
            return True
        if self._size + len(data) > Limits().session_bytes:
            return False
        self._data[sha256] = data
        self._size += len(data)
        return True

    def get(self, sha256: str) -> bytes | None:
        """Return bytes, None where they are not kept."""
        return self._data.get(sha256)

    def drop(self, sha256: str) -> None:
        """Forget bytes."""
        self._size -= len(self._data.pop(sha256, b""))

    def source(self, film: Film) -> Source:
        """Return a film as a source whose reading raises ImageError where nothing is kept."""

        def read() -> bytes:
            data = self.get(film.sha256)
            if data is None:
                raise ImageError("This file is no longer kept in memory. Upload it again.")
            return data

        return Source(film.name, read)

    def film(self, film: Film) -> Radiograph | None:
        """Read a film anew; None where there is none to show."""
        data = self.get(film.sha256)
        return read_radiograph(data) if data is not None and film.thumbnail else None


def full() -> str:
    """Return what is told when the bytes of further films are not kept."""
    return (
        f"The {Limits().session_mib:,} MiB that one session may keep are full: results go on, but "
        "later films cannot be shown again."
    )


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, numbered where it is taken: `film (2).png`."""
    stem, dot, suffix = name.rpartition(".")
    number, free = 2, name
    while free in taken:
        free = f"{stem} ({number}).{suffix}" if dot else f"{name} ({number})"
        number += 1
    return free
