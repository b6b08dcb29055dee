"""The samples of a DICOM picture, whatever they are compressed with.

Uncompressed and RLE pictures are unpacked by pydicom, JPEG and JPEG 2000 by Pillow. What Pillow
cannot read (JPEG Lossless, JPEG-LS, 12-bit JPEG) goes to GDCM in a process of its own.
"""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.pixels import pixel_array
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from covidweb.errors import ImageError

_PILLOW = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000Lossless, JPEG2000)
_GDCM = (JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless)
_SECONDS = 60


def decompress(dataset: FileDataset, data: bytes) -> np.ndarray:
    """Return the stored samples (H, W) or (H, W, 3), in RGB where they are coloured.

    Args:
        dataset: the file's elements.
        data: the whole file, for the separate process.

    Raises:
        ImageError: the samples are broken, or compressed in a way that nothing here reads.
    """
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax in _GDCM:
        return _by_gdcm(data, syntax.name)
    if syntax in _PILLOW:
        try:
            return pixel_array(dataset, decoding_plugin="pillow")
        except Exception:
            return _by_gdcm(data, syntax.name)
    return pixel_array(dataset)


def _by_gdcm(data: bytes, compression: str) -> np.ndarray:
    child = Path(__file__).with_name("gdcm_child.py")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(child)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )
        return np.load(io.BytesIO(done.stdout), allow_pickle=False)
    except (subprocess.SubprocessError, OSError, ValueError, EOFError) as error:
        raise ImageError(
            "The picture in this DICOM file is broken and cannot be decoded: a complete file is "
            f"needed, received {compression} that ends or breaks off."
        ) from error
