"""How films are stored: 8-bit grey JPEG, longest side at most 512 px."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from covidweb.errors import ImageError
from covidweb.radiograph import Limits, Radiograph, read_radiograph

LONGEST = 512
_QUALITY, _QUALITY_SMALL = 90, 95


def store_form(data: bytes, *, photograph: bool = False) -> tuple[bytes, tuple[int, int]]:
    """Re-encode a film as the data root holds it.

    Args:
        data: the original file.
        photograph: keep the colours (pictures that are no films).

    Returns:
        The JPEG (8-bit grey, or RGB for a photograph in colour; longest side at most 512 px,
        never enlarged) and the original's width and height in pixels.

    Raises:
        ImageError: the file cannot be read.
    """
    film = read_radiograph(data)
    colour = photograph and film.chroma > 0 and film.format != "DICOM"
    picture = _photograph(data) if colour else _grey(film)
    small = max(picture.size) <= LONGEST
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY_SMALL if small else _QUALITY)
    return stream.getvalue(), film.original_size


def read_stored(path: Path) -> np.ndarray | None:
    """Return a stored film's grey pixels, float32 (H, W) in 0..1, or None if it has none."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"), np.float32) / 255
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _grey(film: Radiograph) -> Image.Image:
    return Image.fromarray(np.round(film.pixels * 255).astype(np.uint8))


def _photograph(data: bytes) -> Image.Image:
    """Decode in colour; `read_radiograph` has accepted the bytes before."""
    picture = Image.open(io.BytesIO(data))
    most = Limits().pixels
    if picture.width * picture.height > most:
        raise ImageError(f"The picture has more than {most:,} pixels.")
    return picture.convert("RGB")
