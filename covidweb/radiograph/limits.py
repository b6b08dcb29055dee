"""How large and how small a film may be; checked before anything is decoded."""

from covidweb.errors import ImageError

MAX_BYTES = 64 * 1024 * 1024
"""Largest file, in bytes."""

MAX_PIXELS = 100_000_000
"""Largest picture, in pixels; a digital chest film has 4 to 20 million."""

MIN_SIDE = 64
"""Smallest width and height, in pixels."""

MAX_INFLATED = 4 * MAX_BYTES
"""Most bytes that a deflated DICOM file may unpack to."""


def check_bytes(size: int) -> None:
    """Raise ImageError for an empty file and for one over `MAX_BYTES`."""
    if size == 0:
        raise ImageError("This file is empty: it holds 0 bytes.")
    if size > MAX_BYTES:
        raise ImageError(
            f"This file is too large: at most {MAX_BYTES // 2**20} MiB are accepted, "
            f"received {size / 2**20:.1f} MiB."
        )


def check_size(width: int, height: int) -> None:
    """Raise ImageError for a picture over `MAX_PIXELS` or with a side under `MIN_SIDE`."""
    received = f"received {width:,} x {height:,}"
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"This picture is too large: at most {MAX_PIXELS // 10**6} million pixels are "
            f"accepted, {received}."
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"This picture is too small: at least {MIN_SIDE} x {MIN_SIDE} pixels are needed, "
            f"{received}."
        )
