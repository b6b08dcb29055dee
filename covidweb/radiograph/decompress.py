"""The samples of a DICOM picture, whatever they are compressed with.

Uncompressed grey pictures are taken as they lie, others are unpacked by pydicom, JPEG and JPEG
2000 by Pillow. What Pillow cannot read (JPEG Lossless, JPEG-LS, 12-bit JPEG) goes to GDCM.
"""

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.pixels import pixel_array
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from covidweb.errors import ImageError
from covidweb.radiograph.elements import whole, word

_LITTLE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
_PILLOW = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000Lossless, JPEG2000)
_GDCM = (JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless)
_READ = (*_LITTLE, ExplicitVRBigEndian, RLELossless, *_PILLOW, *_GDCM)

# By how their addresses begin: the library does not know the newest.
_NOT_READ = {
    "1.2.840.10008.1.2.4.20": "High-Throughput JPEG 2000 (HTJ2K)",
    "1.2.840.10008.1.2.4.11": "JPEG XL",
    "1.2.840.10008.1.2.4.100": "MPEG-2 video",
    "1.2.840.10008.1.2.4.101": "MPEG-2 video",
    "1.2.840.10008.1.2.4.102": "MPEG-4 (H.264) video",
    "1.2.840.10008.1.2.4.103": "MPEG-4 (H.264) video",
    "1.2.840.10008.1.2.4.104": "MPEG-4 (H.264) video",
    "1.2.840.10008.1.2.4.105": "MPEG-4 (H.264) video",
    "1.2.840.10008.1.2.4.106": "MPEG-4 (H.264) video",
    "1.2.840.10008.1.2.4.107": "HEVC (H.265) video",
    "1.2.840.10008.1.2.4.108": "HEVC (H.265) video",
    "1.2.840.10008.1.2.4.92": "JPEG 2000 of several components",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 of several components",
    "1.2.840.10008.1.2.4.94": "pictures that lie on a server (JPIP)",
    "1.2.840.10008.1.2.4.95": "pictures that lie on a server (JPIP)",
    "1.2.840.10008.1.2.7": "video over a network (SMPTE ST 2110)",
    "1.2.840.10008.1.2.8.1": "deflated frames",
}


def check_syntax(dataset: FileDataset) -> None:
    """Raise ImageError for a picture that is compressed in a way that nothing here reads."""
    syntax = UID(str(dataset.file_meta.get("TransferSyntaxUID")))
    if syntax not in _READ:
        raise ImageError(
            "This DICOM file's picture is compressed in a way that is not read here: uncompressed, "
            f"RLE, JPEG, JPEG-LS and JPEG 2000 are accepted, received {_named(syntax)}."
        )


def decompress(dataset: FileDataset) -> np.ndarray:
    """Return the stored samples (H, W) or (H, W, 3), in RGB where they are coloured.

    Args:
        dataset: has passed `check_syntax`; broken samples raise any exception.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in _LITTLE and _is_plain(dataset):
        return _as_it_lies(dataset)
    if syntax in _GDCM:
        return pixel_array(dataset, decoding_plugin="gdcm")
    if syntax in _PILLOW:
        try:
            return pixel_array(dataset, decoding_plugin="pillow")
        except Exception:
            return pixel_array(dataset, decoding_plugin="gdcm")
    return _all_bits(dataset)


def _all_bits(dataset: FileDataset) -> np.ndarray:
    """Unpack without the library's mask, which takes every sample for right-justified."""
    stored = dataset.BitsStored
    try:
        dataset.BitsStored = dataset.BitsAllocated
        return pixel_array(dataset)
    finally:
        dataset.BitsStored = stored


def _named(syntax: UID) -> str:
    # The longest beginning counts: 4.10x are other families than 4.1.
    known = [start for start in _NOT_READ if syntax.startswith(start)]
    if known:
        return _NOT_READ[max(known, key=len)]
    return syntax.name if not syntax.is_private and syntax.name != syntax else "an unknown one"


def _is_plain(dataset: FileDataset) -> bool:
    is_grey = word(dataset, "PhotometricInterpretation").startswith("MONOCHROME")
    one = whole(dataset, "SamplesPerPixel") == 1
    return is_grey and one and whole(dataset, "BitsAllocated") in (8, 16, 32)


def _as_it_lies(dataset: FileDataset) -> np.ndarray:
    """View the uncompressed samples, overlays above the stored bits included."""
    kind = "i" if whole(dataset, "PixelRepresentation") == 1 else "u"
    shape = (int(dataset.Rows), int(dataset.Columns))
    sample = np.dtype(f"<{kind}{int(dataset.BitsAllocated) // 8}")
    return np.frombuffer(dataset.PixelData, sample, shape[0] * shape[1]).reshape(shape)
