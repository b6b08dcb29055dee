"""DICOM radiographs: one plain film, checked, decompressed, in grey, and as a viewer hangs it.

Source: DICOM PS3.3 C.7.6.1.1.1 (patient orientation), C.7.6.3 (image pixel).
"""

import io
import zlib

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.pixels import apply_color_lut
from pydicom.uid import (
    JPEG2000,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from covidweb.errors import ImageError
from covidweb.radiograph.budget import claim
from covidweb.radiograph.colour import luma
from covidweb.radiograph.decompress import check_syntax, decompress
from covidweb.radiograph.elements import TAGS, items, whole, word, words
from covidweb.radiograph.facts import Facts
from covidweb.radiograph.grey import grey_film
from covidweb.radiograph.limits import MIB, Limits
from covidweb.radiograph.picture import Pixels
from covidweb.radiograph.recognise import is_directory
from covidweb.radiograph.sizes import codestream_size
from covidweb.radiograph.views import other_body_part, view_of

_RADIOGRAPHS = ("CR", "DX", "RG", "DR", "XR", "OT", "SC", "HC", "")
_MODALITIES = {
    "CT": "computed tomography",
    "MR": "magnetic resonance",
    "US": "ultrasound",
    "NM": "nuclear medicine",
    "PT": "positron emission tomography",
    "MG": "mammography",
    "XA": "angiography",
    "RF": "fluoroscopy",
    "ES": "endoscopy",
    "SM": "slide microscopy",
    "XC": "photography",
    "SR": "a structured report",
    "SEG": "a segmentation",
    "PR": "a presentation state",
}
_PHOTOMETRIC = (
    "MONOCHROME1",
    "MONOCHROME2",
    "PALETTE COLOR",
    "RGB",
    "YBR_FULL",
    "YBR_FULL_422",
    "YBR_PARTIAL_422",
    "YBR_PARTIAL_420",
    "YBR_ICT",
    "YBR_RCT",
)
_NEEDED = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "PixelData",
)
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def decode_dicom(data: bytes) -> tuple[Pixels, Facts]:
    """Decode a DICOM radiograph to upright grey pixels as a viewer would show them.

    Raises:
        ImageError: not a radiograph, several frames, no picture, one that is not read here, or a
            wrong size.
    """
    if is_directory(data):
        raise ImageError(
            "This DICOM file is the directory of a disc (DICOMDIR): the films that it lists are "
            "accepted, received the list."
        )
    # Some writers forget the preamble, or all of the header.
    data = bytes(128) + data if data[:4] == b"DICM" else data
    _check_inflated(data)
    dataset = dcmread(io.BytesIO(data), force=True, specific_tags=TAGS)
    _check_radiograph(dataset)
    _assume_syntax(dataset)
    _check_samples(dataset)
    check_syntax(dataset)
    claim(int(dataset.Columns), int(dataset.Rows), _decoder_bytes(dataset))
    _check_codestream(dataset)
    # What a file says is asked first: decoding changes some of its elements.
    facts, orientation = _facts(dataset), _orientation(dataset)
    samples = decompress(dataset)
    if samples.shape[:2] != (dataset.Rows, dataset.Columns):
        raise ValueError("the compressed picture is not of the stated size")
    is_grey = word(dataset, "PhotometricInterpretation").startswith("MONOCHROME")
    pixels = Pixels(grey_film(samples, dataset), 0.0) if is_grey else _colour(samples, dataset)
    return Pixels(_as_hung(pixels.grey, orientation), pixels.chroma), facts


def _assume_syntax(dataset: FileDataset) -> None:
    """Without a file header, take the pixels as uncompressed, in the encoding of the elements."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        plain = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = plain if little else ExplicitVRBigEndian


def _check_radiograph(dataset: FileDataset) -> None:
    modality = word(dataset, "Modality")
    kind = _MODALITIES.get(modality, "of another kind")
    frames = whole(dataset, "NumberOfFrames") or 1
    if modality not in _RADIOGRAPHS:
        held = f"modality {_short(modality)}, {kind}"
        held += f", {frames} frames" if frames > 1 else ""
        raise ImageError(
            "This DICOM file is not a radiograph: one plain film (modality CR or DX) is "
            f"accepted, received {held}."
        )
    if frames > 1:
        raise ImageError(
            "This DICOM file holds several pictures: one film a file is accepted, "
            f"received {frames} frames."
        )


def _check_samples(dataset: FileDataset) -> None:
    """Raise ImageError that names what is missing, or what is stored in a way not read here."""
    missing = [name for name in _NEEDED if name not in dataset or dataset.get(name) in (None, "")]
    missing += [name for name in ("Rows", "Columns") if dataset.get(name) == 0]
    if missing:
        what = "picture" if {"Rows", "Columns", "PixelData"} & {*missing} else "readable picture"
        raise ImageError(
            f"This DICOM file holds no {what}: a complete radiograph is needed, received one "
            f"without {', '.join(missing)}."
        )
    photometric = word(dataset, "PhotometricInterpretation")
    dataset.PhotometricInterpretation = photometric
    allocated, stored = whole(dataset, "BitsAllocated"), whole(dataset, "BitsStored")
    if photometric not in _PHOTOMETRIC:
        raise ImageError(
            "This DICOM file's picture has colours that are not read here: "
            f"{', '.join(_PHOTOMETRIC[:4])} and YBR are accepted, received "
            f"PhotometricInterpretation {_short(photometric)}."
        )
    if allocated not in (1, 8, 16, 32) or stored is None or not 1 <= stored <= allocated:
        raise ImageError(
            "This DICOM file's samples are stored in a way that is not read here: 8, 16 or 32 "
            f"bits are accepted, received {stored} of {allocated} bits."
        )


def _decoder_bytes(dataset: FileDataset) -> float:
    """Return the bytes a pixel that unpacking takes, all channels together."""
    sample = max(8, whole(dataset, "BitsAllocated") or 16) / 8
    channels = whole(dataset, "SamplesPerPixel") or 1
    is_wavelet = dataset.file_meta.get("TransferSyntaxUID") in (JPEG2000, JPEG2000Lossless)
    return channels * (3 * sample + (8 if is_wavelet else 0))


def _check_codestream(dataset: FileDataset) -> None:
    """Refuse a compressed picture of another size than the file says, before it is decoded."""
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        if dataset["PixelData"].is_undefined_length:
            raise ImageError(
                "This DICOM file contradicts itself: its samples must be stored as it states, "
                "uncompressed, received compressed ones."
            )
        return
    stream = _first_fragment(dataset.PixelData)
    found, stated = codestream_size(stream), (int(dataset.Columns), int(dataset.Rows))
    if found is not None and min(found) > 0 and found != stated:
        raise ImageError(
            "This DICOM file contradicts itself: its picture must be of the size that it states, "
            f"{stated[0]:,} x {stated[1]:,}, received {found[0]:,} x {found[1]:,}."
        )


def _first_fragment(encapsulated: bytes) -> bytes:
    """Return the first piece of the picture, without its copy's cost for the rest."""
    table = int.from_bytes(encapsulated[4:8], "little")
    start = 16 + table
    length = int.from_bytes(encapsulated[12 + table : start], "little")
    return encapsulated[start : start + length]


def _facts(dataset: FileDataset) -> Facts:
    codes = [
        (word(item, "CodeValue"), word(item, "CodeMeaning"))
        for view in items(dataset, "ViewCodeSequence")
        for item in (view, *items(view, "ViewModifierCodeSequence"))
    ]
    regions = [word(item, "CodeMeaning") for item in items(dataset, "AnatomicRegionSequence")]
    orientation = [part.upper() for part in words(dataset, "PatientOrientation")]
    position = word(dataset, "PatientPosition")
    return Facts(
        view_of(word(dataset, "ViewPosition"), codes, orientation, position),
        other_body_part([word(dataset, "BodyPartExamined"), *regions]),
        word(dataset, "BurnedInAnnotation") == "YES",
    )


def _orientation(dataset: FileDataset) -> tuple[str, str] | None:
    """Return where rows and columns run to: L, R, H or F each, None where the file is unclear."""
    stated = [part[:1].upper() for part in words(dataset, "PatientOrientation")]
    if len(stated) != 2 or {*stated} not in ({"L", "F"}, {"L", "H"}, {"R", "F"}, {"R", "H"}):
        return None
    return stated[0], stated[1]


def _as_hung(grey: np.ndarray, orientation: tuple[str, str] | None) -> np.ndarray:
    """Turn the film so that the patient's left is on the right and the feet are down."""
    if orientation is None:
        return grey
    along_row, along_column = orientation
    if along_row in ("H", "F"):
        grey, along_row, along_column = grey.T, along_column, along_row
    grey = grey[:, ::-1] if along_row == "R" else grey
    return grey[::-1] if along_column == "H" else grey


def _colour(samples: np.ndarray, dataset: FileDataset) -> Pixels:
    if word(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        samples = apply_color_lut(samples, dataset)[..., :3]
    return Pixels(*luma(samples))


def _short(modality: str) -> str:
    """Return a modality fit for a sentence: its letters, at most 16."""
    return "".join(letter for letter in modality if letter.isalnum())[:16] or "unknown"


def _check_inflated(data: bytes) -> None:
    """Refuse a deflated data set that unpacks to more than the limit, unpacking no more."""
    if data[128:132] != b"DICM" or _DEFLATED not in data[132:2048]:
        return
    start = 144 + int.from_bytes(data[140:144], "little")
    unpacker, most = zlib.decompressobj(-zlib.MAX_WBITS), Limits().inflated_bytes
    unpacker.decompress(data[start:], most)
    if unpacker.unconsumed_tail:
        raise ImageError(
            "This DICOM file is compressed beyond reason: at most "
            f"{most // MIB} MiB unpacked are accepted, received more."
        )
