"""Which elements of a DICOM file are read, and how: leniently where files in the wild err.

Only the elements named in `TAGS` are read, so a person's name, id or dates never leave the file.
"""

import contextlib
import math
from collections.abc import Iterator

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import Tag

TAGS = [
    "SOPClassUID",
    "Modality",
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "PatientPosition",
    "ViewPosition",
    "ViewCodeSequence",
    "PatientOrientation",
    "BurnedInAnnotation",
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
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "VOILUTFunction",
    "WindowCenter",
    "WindowWidth",
    "PresentationLUTShape",
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


def word(dataset: Dataset, keyword: str) -> str:
    """Return an element as one upper-case text, empty where it is missing, empty or broken."""
    return " ".join(words(dataset, keyword)).upper()


def words(dataset: Dataset, keyword: str) -> list[str]:
    """Return the values of an element as texts without blanks around them."""
    value = _value(dataset, keyword)
    values = value if isinstance(value, MultiValue | list | tuple) else [value]
    return [str(v).strip(" \0") for v in values if v is not None and str(v).strip(" \0")]


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """Return the values of a numeric element, not-a-number where one is no finite number.

    Decimal commas are taken for points: the library would refuse the whole file for one.
    """
    raw = _raw_text(dataset, keyword)
    return [_number(text) for text in (raw if raw is not None else words(dataset, keyword))]


def first_number(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value of a numeric element, None where it is missing, empty or no number."""
    found = numbers(dataset, keyword)
    return found[0] if found and math.isfinite(found[0]) else None


def whole(dataset: Dataset, keyword: str) -> int | None:
    """Return the first value of a numeric element as a whole number, else None."""
    number = first_number(dataset, keyword)
    return None if number is None else int(number)


def items(dataset: Dataset, keyword: str) -> Iterator[Dataset]:
    """Yield the items of a sequence, none where it is missing or broken."""
    value = _value(dataset, keyword)
    if isinstance(value, Sequence):
        yield from value


def _value(dataset: Dataset, keyword: str) -> object:
    with contextlib.suppress(Exception):
        return dataset.get(keyword)
    return None


def _raw_text(dataset: Dataset, keyword: str) -> list[str] | None:
    """Return the texts of a decimal string as the file has it, None for other elements."""
    raw = dataset.get_item(Tag(keyword))
    is_text = isinstance(raw, RawDataElement) and raw.VR in (None, "DS", "IS", "LO", "SH", "UN")
    if not is_text or dictionary_VR(keyword) != "DS" or not isinstance(raw.value, bytes):
        return None
    texts = [text.strip(" \0") for text in raw.value.decode("latin-1").split("\\")]
    return texts if any(texts) else []


def _number(text: str) -> float:
    # A comma beside a point parts thousands; alone it is a decimal comma.
    plain = text.replace(",", "" if "." in text else ".")
    with contextlib.suppress(ValueError):
        number = float(plain)
        return number if math.isfinite(number) else math.nan
    return math.nan
