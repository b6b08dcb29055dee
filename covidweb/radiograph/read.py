"""The one door for untrusted bytes: a Radiograph or an ImageError, never anything else."""

import hashlib
from pathlib import Path

import numpy as np

from covidweb.errors import ImageError
from covidweb.radiograph.apart import decode_safely
from covidweb.radiograph.limits import check_bytes
from covidweb.radiograph.model import Radiograph
from covidweb.radiograph.recognise import recognise


def read_radiograph(data: bytes) -> Radiograph:
    """Read a film from a file's bytes; the format is told by the bytes.

    Args:
        data: a PNG, JPEG, TIFF, BMP, WebP or DICOM file, at most `MAX_BYTES`.

    Returns:
        The film, upright, air dark and bone bright, float32 0..1.

    Raises:
        ImageError: anything else, broken, too large or too slow to read, too small, with several
            frames, or a DICOM object that is not a radiograph; the message is one sentence for
            the reader.
    """
    check_bytes(len(data))
    kind = recognise(data)
    pixels, facts = decode_safely(data, kind)
    grey = np.ascontiguousarray(pixels.grey, np.float32)
    grey.flags.writeable = False
    size = (grey.shape[1], grey.shape[0])
    sha256 = hashlib.sha256(data).hexdigest()
    return Radiograph(
        grey, size, sha256, kind, facts.view, pixels.chroma, facts.body_part, facts.burnt_in
    )


def read_radiograph_file(path: Path) -> Radiograph:
    """Read a film from a file. Raises ImageError, also when there is no such file."""
    path = Path(path)
    try:
        check_bytes(path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(
            f"This file cannot be opened: {error.strerror or error}. Received: {path.name}"
        ) from error
    return read_radiograph(data)
