"""Writing files: beside their place first, then moved there, so that none is ever half there."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from covidweb.errors import DataError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it takes the place of `path` when the block ends well.

    It lies in the same folder, which is made when missing, and ends like `path`, since writers
    such as Keras go by the ending. When the block fails, nothing is left behind.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=f"-{path.name}")
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes in one step. Raises OSError."""
    with replacing(path) as beside:
        beside.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 in one step. Raises OSError."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write an object as JSON in one step. Raises OSError."""
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def replacing_folder(path: Path, sign: str) -> Iterator[Path]:
    """Yield an empty folder of the same name, to take the place of `path` when the block ends well.

    It lies in a hidden folder beside `path`. Until the block has ended, `path` stays as it was,
    also when the process is killed.

    Args:
        path: the folder to make or to replace, with all that is in it.
        sign: name of a file that tells such a folder from any other.

    Raises:
        DataError: a folder is there which holds something, but no `sign`.
        OSError: the disk is full or cannot be written.
    """
    path = path.resolve()
    if path.exists() and not (path / sign).is_file() and any(path.iterdir()):
        raise DataError(
            f"The folder '{path.name}' would be replaced, but it has no {sign}: choose another."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as hidden:
        beside, before = Path(hidden) / path.name, Path(hidden) / f"{path.name}-before"
        beside.mkdir()
        yield beside
        if path.exists():
            path.rename(before)
        beside.rename(path)
