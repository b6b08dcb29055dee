"""What may go wrong: the errors raised on purpose, and those of the machine, as sentences."""

import errno
from pathlib import PurePath


class CovidwebError(Exception):
    """Base of every expected error: wrong input, never a fault in the code."""


class ImageError(CovidwebError):
    """The bytes are not a film that can be read: says what was wrong and what is accepted."""


class ModelError(CovidwebError):
    """A bundle under `model/` is missing, incomplete, or does not match its card."""


class DataError(CovidwebError):
    """A manifest or a file that it names is missing, wrong or changed."""


EXPECTED = (CovidwebError, OSError, MemoryError)
"""What a page or a command answers with a sentence: our own errors, and those of the machine."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def sentence(error: BaseException) -> str:
    """Return one of `EXPECTED` as a sentence; of a file it names the last part only.

    Example:
        >>> sentence(OSError(errno.ENOSPC, "No space left on device", "/runs/history.csv"))
        'There is no room left on the disk. Received: history.csv'
    """
    if isinstance(error, CovidwebError):
        return str(error)
    if isinstance(error, MemoryError):
        return "This takes more memory than is free."
    if not isinstance(error, OSError) or error.errno is None:
        return f"The machine or its network did not do what was asked: {error}".strip()
    name = f" Received: {PurePath(str(error.filename)).name}" if error.filename else ""
    if error.errno in _FULL:
        return f"There is no room left on the disk.{name}"
    if error.errno in _CLOSED:
        return f"This machine does not allow it: {error.strerror}.{name}"
    return f"The machine answered: {error.strerror}.{name}"
