"""DICOM radiographs: modality LUT, VOI LUT or window, MONOCHROME1, orientation, view.

Only the elements named in `_TAGS` are read, so a person's name, id or dates never leave the
file. Source: DICOM PS3.3 C.7.6.1.1.1 (patient orientation), C.7.6.3.1.2 (photometric
interpretation), C.11.1 (modality LUT), C.11.2 (VOI LUT and windows).
"""

import io
import zlib

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.multival import MultiValue
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from covidweb.errors import ImageError
from covidweb.radiograph.decompress import decompress
from covidweb.radiograph.limits import MIB, Limits, check_size
from covidweb.radiograph.picture import Pixels, chroma
from covidweb.radiograph.scale import scale_samples, stretch

_TAGS = [
    "SOPClassUID",
    "Modality",
    "ViewPosition",
    "PatientOrientation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "VOILUTFunction",
    "WindowCenter",
    "WindowWidth",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "PixelData",
]

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
_VIEWS = {
    "PA": "PA",
    "AP": "AP",
    "LATERAL": "LATERAL",
    "LAT": "LATERAL",
    "LL": "LATERAL",
    "RL": "LATERAL",
    "LLO": "OBLIQUE",
    "RLO": "OBLIQUE",
    "LAO": "OBLIQUE",
    "RAO": "OBLIQUE",
    "LPO": "OBLIQUE",
    "RPO": "OBLIQUE",
}
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def decode_dicom(data: bytes) -> tuple[Pixels, str | None]:
    """Decode a DICOM radiograph to upright grey pixels as a viewer would show them.

    Returns:
        The pixels, and the view (`PA`, `AP`, `LATERAL`, `OBLIQUE`) where the file says so.

    Raises:
        ImageError: not a radiograph, several frames, no picture, or a wrong size.
    """
    _check_inflated(data)
    dataset = dcmread(io.BytesIO(data), force=True, specific_tags=_TAGS)
    _check_radiograph(dataset)
    _assume_syntax(dataset)
    check_size(int(dataset.Columns), int(dataset.Rows))
    samples = decompress(dataset, data)
    if samples.shape[:2] != (dataset.Rows, dataset.Columns):
        raise ValueError("the compressed picture is not of the stated size")
    is_colour = int(dataset.get("SamplesPerPixel") or 1) > 1
    is_palette = dataset.PhotometricInterpretation == "PALETTE COLOR"
    coloured = is_colour or is_palette
    pixels = _colour(samples, dataset) if coloured else Pixels(_grey(samples, dataset), 0.0)
    return Pixels(_as_hung(pixels.grey, dataset), pixels.chroma), _view(dataset)


def _assume_syntax(dataset: FileDataset) -> None:
    """Without a file header, take the pixels as uncompressed, in the encoding of the elements."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        plain = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = plain if little else ExplicitVRBigEndian


def _check_radiograph(dataset: FileDataset) -> None:
    modality = str(dataset.get("Modality") or "").strip().upper()
    kind = _MODALITIES.get(modality, "of another kind")
    frames = int(dataset.get("NumberOfFrames") or 1)
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
    missing = [tag for tag in ("Rows", "Columns", "PixelData") if not dataset.get(tag)]
    if missing:
        raise ImageError(
            "This DICOM file holds no picture: a complete radiograph is needed, received one "
            f"without {', '.join(missing)}."
        )


def _grey(raw: np.ndarray, dataset: FileDataset) -> np.ndarray:
    values = apply_modality_lut(raw, dataset)
    grey = _displayed(values, raw, dataset)
    return 1 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def _displayed(values: np.ndarray, raw: np.ndarray, dataset: FileDataset) -> np.ndarray:
    """Apply the VOI LUT, else the window, else the range that a viewer would take.

    Without either, 8-bit films keep their range and deeper ones are stretched from smallest to
    largest value, padding left out. A LUT or window that leaves nothing to see is not believed.
    """
    for grey in (_by_lut(values, dataset), _by_window(values, dataset)):
        if grey is not None and float(np.ptp(grey)) > 2 / 255:
            return grey
    if raw.dtype == np.uint8:
        ends = apply_modality_lut(np.array([0, 255], np.uint8), dataset)
        return stretch(values, float(ends.min()), float(ends.max()))
    kept = values[raw != dataset.PixelPaddingValue] if "PixelPaddingValue" in dataset else values
    kept = kept if kept.size else values
    return stretch(values, float(kept.min()), float(kept.max()))


def _by_lut(values: np.ndarray, dataset: FileDataset) -> np.ndarray | None:
    """Apply the first VOI LUT, or return None where there is none that works."""
    if not dataset.get("VOILUTSequence"):
        return None
    try:
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return stretch(apply_voi(values, dataset), 0, 2**bits - 1)
    except Exception:
        return None


def _by_window(values: np.ndarray, dataset: FileDataset) -> np.ndarray | None:
    """Apply the first window to 0..1, or return None where there is none that makes sense."""
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None or not width >= 1:
        return None
    function = str(dataset.get("VOILUTFunction") or "LINEAR").upper()
    if function == "SIGMOID":
        exponent = np.clip(-4 * (values.astype(np.float64) - centre) / width, -60, 60)
        return (1 / (1 + np.exp(exponent))).astype(np.float32)
    if function == "LINEAR_EXACT":
        return stretch(values, centre - width / 2, centre + width / 2)
    return stretch(values, centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)


def _first(value: object) -> float | None:
    """Return the first number of an element, or None for none and for not-a-number."""
    if isinstance(value, MultiValue):
        value = value[0] if len(value) else None
    if value is None or value == "":
        return None
    number = float(str(value))
    return number if np.isfinite(number) else None


def _colour(rgb: np.ndarray, dataset: FileDataset) -> Pixels:
    """Turn a colour film into grey by Rec. 601 luma."""
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        rgb = apply_color_lut(rgb, dataset)[..., :3]
    if rgb.dtype != np.uint8:
        rgb = np.round(scale_samples(rgb) * 255).astype(np.uint8)
    luma = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return Pixels(np.clip(luma / 255, 0, 1), chroma(rgb))


def _as_hung(grey: np.ndarray, dataset: FileDataset) -> np.ndarray:
    """Turn the film so that the patient's left is on the right and the feet are down.

    Only where the file says that rows run to the patient's right or columns to the head.
    """
    orientation = dataset.get("PatientOrientation") or ()
    if isinstance(orientation, str) or len(orientation) != 2:
        return grey
    along_row, along_column = (str(part).strip().upper()[:1] for part in orientation)
    if along_row not in ("L", "R") or along_column not in ("F", "H"):
        return grey
    grey = grey[:, ::-1] if along_row == "R" else grey
    return grey[::-1] if along_column == "H" else grey


def _view(dataset: FileDataset) -> str | None:
    return _VIEWS.get(str(dataset.get("ViewPosition") or "").strip().upper())


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
