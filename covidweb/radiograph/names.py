"""File names from anywhere, made fit for pages, records and file systems."""

import re
import unicodedata
from pathlib import PurePosixPath

_LONGEST = 200
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE = '<>:"/\\|?*'
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}


def printable(name: str) -> str:
    """Return a name that can be written anywhere: bytes that are no UTF-8 become U+FFFD."""
    return _SURROGATE.sub("\ufffd", name)


def base_name(name: str) -> str:
    """Return a path's last part, whichever way its slashes lean, without control characters.

    At most 200 characters; a longer one loses its middle and keeps its ending.
    """
    last = PurePosixPath(printable(name).replace("\\", "/")).name
    clean = "".join(letter for letter in last if letter.isprintable())
    if len(clean) > _LONGEST:
        clean = f"{clean[: _LONGEST - 16]}…{clean[-15:]}"
    return clean or "unnamed"


class Stems:
    """Hands out stems for files to be written, each once, whatever the films are called.

    Example:
        >>> stem = Stems()
        >>> stem("a/film.png"), stem("Film.jpg")
        ('film', 'Film-2')
    """

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        """Return a stem that every file system takes; a second of one name gets `-2`, and so on."""
        stem = _safe_stem(name)
        candidate, number = stem, self._next.get(_key(stem), 1)
        while _key(candidate) in self._next:
            number += 1
            candidate = f"{stem}-{number}"
        self._next[_key(candidate)] = 1
        self._next[_key(stem)] = number
        return candidate


def _safe_stem(name: str) -> str:
    base = PurePosixPath(printable(name).replace("\\", "/")).stem
    safe = "".join("_" if c in _UNSAFE or not c.isprintable() else c for c in base)
    stem = safe.encode()[:_LONGEST].decode(errors="ignore").strip(". ") or "film"
    return f"_{stem}" if stem.casefold() in _RESERVED else stem


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
