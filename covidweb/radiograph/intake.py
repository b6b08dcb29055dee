"""What may hold films, as one row of sources: files, folders and ZIP archives alike.

The page and the command line list by this module alone. What a file is, its bytes tell; a name
only decides where they tell nothing. Nothing is unpacked to a disk: a ZIP's members are read one
at a time, by what they really hold and not by what the archive says.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covidweb.errors import ImageError
from covidweb.radiograph.archive import Member, members
from covidweb.radiograph.limits import check_bytes
from covidweb.radiograph.names import base_name, printable
from covidweb.radiograph.recognise import (
    ACCEPTED_EXTENSIONS,
    HEAD,
    describe,
    is_directory,
    is_zip,
    kind_of,
)
from covidweb.radiograph.stored import Stored, is_address, stored_files

_LEFT_BEHIND = ("thumbs.db", "desktop.ini", "ehthumbs.db")


@dataclass(frozen=True, eq=False)
class Source:
    """A file still to be read.

    Attributes:
        name: its base name, printable; two sources may share one.
        read: gives its bytes, or raises ImageError.
        path: where it lies, printable: folders and the archive's name included where known.
    """

    name: str
    read: Callable[[], bytes]
    path: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A file that is no film: its base name, and what it is, as part of a sentence."""

    name: str
    why: str


@dataclass(frozen=True, eq=False)
class Listing:
    """What was found: the files to be read, in order, and those left out."""

    sources: tuple[Source, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def __add__(self, other: "Listing") -> "Listing":
        return Listing(self.sources + other.sources, self.left_out + other.left_out)

    def note(self, shown: int = 3) -> str:
        """Return one sentence about what was left out, naming `shown` files; empty for none."""
        count = len(self.left_out)
        if not count:
            return ""
        names = ", ".join(f"{left.name} ({left.why})" for left in self.left_out[:shown])
        more = f" and {count - shown:,} more" if count > shown else ""
        what = (
            "1 file is no film and was" if count == 1 else f"{count:,} files are no films and were"
        )
        return f"{what} left out: {names}{more}."


def list_upload(name: str, data: bytes, chosen: bool = True) -> Listing:
    """Return the films of one uploaded file: itself, or the members of a ZIP.

    Args:
        name: as the browser sent it.
        data: its bytes.
        chosen: the reader picked this very file, so that it gets a row even if it is no film;
            False for the files of a folder.
    """
    return _list(name, printable(name), data[:HEAD], lambda: data, data, chosen)


def list_paths(paths: Iterable[str | Path]) -> Listing:
    """Return the films of files, ZIP archives, folders and addresses, in the order given.

    A folder gives its films sorted by path, subfolders included. A file named by itself is always
    listed, also where it does not exist: reading it says why. A text with `://` is an address as
    in `list_address`.
    """
    return _joined([_list_place(path) for path in paths])


def _joined(parts: list[Listing]) -> Listing:
    sources = tuple(source for part in parts for source in part.sources)
    left_out = tuple(left for part in parts for left in part.left_out)
    return Listing(sources, left_out)


def _list_place(place: str | Path) -> Listing:
    if isinstance(place, str) and is_address(place):
        return list_address(place)
    path = Path(place)
    return _list_folder(path) if _is_folder(path) else _list_file(path, True)


def list_address(address: str) -> Listing:
    """Return the films at an address that fsspec understands: one file, or all below a folder.

    ZIP archives are not looked into there.

    Raises:
        ImageError: the address cannot be listed.
    """
    found, single = stored_files(address)
    return _joined([_list_stored(file, single) for file in found])


def _list_stored(file: Stored, chosen: bool) -> Listing:
    # Where the name tells, the bytes are not fetched twice.
    head = b"" if chosen or _film_by_name(file.name) else file.head(HEAD)
    if is_zip(head):
        why = "a ZIP archive, which is opened on a local disk only"
        return Listing((), (LeftOut(base_name(file.name), why),))
    return _list(file.name, printable(file.address), head, file.read, b"", chosen)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _list_folder(folder: Path) -> Listing:
    failed: list[OSError] = []
    files = sorted(
        Path(parent) / name
        for parent, _, names in os.walk(folder, onerror=failed.append)
        for name in names
    )
    closed = tuple(LeftOut(base_name(str(e.filename)), _said(e)) for e in failed)
    return _joined([*(_list_file(path, False) for path in files), Listing((), closed)])


def _list_file(path: Path, chosen: bool) -> Listing:
    try:
        if not chosen and not path.is_file():
            why = "a link to nothing" if path.is_symlink() else "no ordinary file"
            return Listing((), (LeftOut(base_name(path.name), why),))
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except (OSError, ValueError):
        # Whoever reads it is told why; a fault may also have passed by then.
        return Listing((Source(base_name(path.name), _reader(path), printable(str(path))),))
    return _list(path.name, printable(str(path)), head, _reader(path), path, chosen)


def _list(
    name: str, path: str, head: bytes, read: Callable[[], bytes], whole: bytes | Path, chosen: bool
) -> Listing:
    shown = base_name(name)
    why = "" if chosen or is_zip(head) else _no_film(name, head)
    if why:
        return Listing((), (LeftOut(shown, why),))
    if not is_zip(head):
        return Listing((Source(shown, read, path),))
    try:
        return _list_archive(whole, path)
    except ImageError as error:
        # Office documents are ZIP archives too.
        if chosen or shown.casefold().endswith(".zip"):
            return Listing((_failing(shown, str(error), path),))
        return Listing((), (LeftOut(shown, describe(head)),))


def _list_archive(whole: bytes | Path, path: str) -> Listing:
    sources, left_out = list[Source](), list[LeftOut]()
    for member in members(whole):
        shown = base_name(member.name)
        why = _no_film_inside(member)
        if why:
            left_out.append(LeftOut(shown, why))
        else:
            sources.append(Source(shown, member.read, f"{path}/{printable(member.name)}"))
    found = Listing(tuple(sources), tuple(left_out))
    if not sources:
        raise ImageError(f"This ZIP archive holds no films. {found.note()}".strip())
    return found


def _no_film_inside(member: Member) -> str:
    try:
        return _no_film(member.name, member.head(HEAD))
    except ImageError:
        # A film that cannot be unpacked gets its row; reading it says why.
        return "" if _film_by_name(member.name) else "locked or broken in its archive"


def _no_film(name: str, head: bytes) -> str:
    """Return why a file is to be left out, as part of a sentence; empty for one to be read."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    last = parts[-1] if parts else ""
    if last.startswith("._") or "__MACOSX" in parts:
        return "what a Mac keeps about another file"
    if last.startswith(".") or last.casefold() in _LEFT_BEHIND:
        return "a file of the system"
    if last.casefold() == "dicomdir" or is_directory(head):
        return "the directory of a disc"
    if kind_of(head) or _film_by_name(last):
        return ""
    return describe(head)


def _film_by_name(name: str) -> bool:
    return PurePosixPath(name).suffix.lower().lstrip(".") in (*ACCEPTED_EXTENSIONS, "dicom")


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            check_bytes(path.stat().st_size)
            return path.read_bytes()
        except (OSError, ValueError) as error:
            said = _said(error) if isinstance(error, OSError) else "its name is not allowed"
            raise ImageError(
                f"This file cannot be opened: {said}. Received: {base_name(path.name)}"
            ) from error

    return read


def _failing(name: str, reason: str, path: str) -> Source:
    def read() -> bytes:
        raise ImageError(reason)

    return Source(name, read, path)


def _said(error: OSError) -> str:
    return str(error.strerror or error)
