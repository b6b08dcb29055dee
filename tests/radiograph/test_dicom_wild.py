"""DICOM files as they come: each kind that a public bug report knows, drawn here."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

sys.path.insert(0, str(Path(__file__).parent))

from dicoms import dicom, disc_directory, raw_element

from covidweb.errors import ImageError
from covidweb.radiograph import read_radiograph

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

TWELVE = {"BitsStored": 12, "HighBit": 11}
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}
CLOSE = 0.002


@pytest.fixture
def drawn(film):
    """A film that fills 0..1, as float and in 12 bits."""
    grey = film(4, size=(120, 140))
    grey = (grey - grey.min()) / np.ptp(grey)
    return grey, np.round(grey * 4095).astype(np.uint16)


def assert_reads(data, grey, tolerance=CLOSE):
    read = read_radiograph(data).pixels
    assert read.shape == grey.shape
    assert np.abs(read - grey).mean() < tolerance


def table(entries, first=0, bits=12, count=None, packed=None):
    """A LUT item: entries as words, or as given bytes."""
    item = Dataset()
    count = len(entries) if count is None else count
    item.add_new("LUTDescriptor", "US", [count % 65536, first % 65536, bits])
    words = np.asarray(entries, "<u2").tobytes()
    item.add_new("LUTData", "OW", words if packed is None else packed)
    return item


RAMP = np.arange(4096)
EIGHT = (RAMP // 16).astype(np.uint8)
TABLES = {
    "as stated": table(RAMP),
    "says 16, holds 12": table(RAMP, bits=16),
    "says 16, holds 10": table(RAMP // 4, bits=16),
    "says 8, holds 12": table(RAMP, bits=8),
    "8-bit entries, each in a word": table(EIGHT, bits=8),
    "8-bit entries, two to a word": table(EIGHT, bits=8, packed=EIGHT.tobytes()),
    "says 16, holds 8": table(EIGHT, bits=16),
    "no bits stated": table(RAMP, bits=0),
    "65,536 entries, stated as 0": table(np.minimum(np.arange(65536), 4095), count=0),
    "more entries than stated": table(RAMP, count=256),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_voi_table_is_scaled_by_what_it_holds(drawn, kind):
    grey, samples = drawn
    tolerance = 0.004 if "8" in kind.split(",")[0] + kind[-1] else CLOSE
    assert_reads(dicom(samples, **TWELVE, VOILUTSequence=[TABLES[kind]]), grey, tolerance)


def test_a_voi_table_of_words_in_implicit_encoding_is_read(drawn):
    grey, samples = drawn
    data = dicom(samples, "implicit", **TWELVE, VOILUTSequence=[table(RAMP, bits=16)])
    assert_reads(data, grey)


def test_the_first_mapped_value_of_signed_samples_is_signed(drawn):
    grey, samples = drawn
    signed = (samples.astype(np.int32) - 2048).astype(np.int16)
    data = dicom(signed, **TWELVE, VOILUTSequence=[table(RAMP, first=-2048)])
    assert_reads(data, grey)


def test_the_first_mapped_value_counts_after_a_rescale_below_zero(drawn):
    grey, samples = drawn
    rescale = {"RescaleSlope": 1, "RescaleIntercept": -1000}
    data = dicom(samples, **TWELVE, **rescale, VOILUTSequence=[table(RAMP, first=-1000)])
    assert_reads(data, grey)


BAD_TABLES = {
    "all the same": table(np.full(4096, 7)),
    "two levels": table(np.where(RAMP > 2000, 4095, 0)),
    "cut short": table(RAMP[:900], count=4096),
    "empty": table([], count=4096),
    "one entry": table([4095], count=1),
}


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_a_good_window_beside_a_bad_table_is_taken(drawn, kind):
    grey, samples = drawn
    assert_reads(dicom(samples, **TWELVE, **WINDOW, VOILUTSequence=[BAD_TABLES[kind]]), grey)


def test_the_second_table_is_taken_where_the_first_shows_nothing(drawn):
    grey, samples = drawn
    both = [BAD_TABLES["all the same"], table(RAMP)]
    assert_reads(dicom(samples, **TWELVE, VOILUTSequence=both), grey)


def test_a_table_without_its_descriptor_is_passed_over(drawn):
    grey, samples = drawn
    item = table(RAMP)
    del item.LUTDescriptor
    assert_reads(dicom(samples, **TWELVE, **WINDOW, VOILUTSequence=[item]), grey)


RESCALES = {
    "both empty": ({"RescaleSlope": "", "RescaleIntercept": ""}, WINDOW),
    "slope without intercept": (
        {"RescaleSlope": "0.5"},
        {"WindowCenter": "1024", "WindowWidth": "2048"},
    ),
    "intercept without slope": (
        {"RescaleIntercept": "-1024"},
        {"WindowCenter": "1024", "WindowWidth": "4096"},
    ),
    "slope 0": ({"RescaleSlope": "0", "RescaleIntercept": "0"}, WINDOW),
    "negative slope": (
        {"RescaleSlope": "-1", "RescaleIntercept": "4095"},
        {**WINDOW, "PhotometricInterpretation": "MONOCHROME1"},
    ),
}


@pytest.mark.parametrize("kind", RESCALES)
def test_a_rescale_with_parts_missing_is_completed(drawn, kind):
    grey, samples = drawn
    rescale, window = RESCALES[kind]
    assert_reads(dicom(samples, **TWELVE, **rescale, **window), grey)


def test_a_modality_table_comes_before_the_window(drawn):
    grey, samples = drawn
    item = table(4095 - RAMP)
    data = dicom(4095 - samples, **TWELVE, **WINDOW, ModalityLUTSequence=[item])
    assert_reads(data, grey)


@pytest.mark.parametrize(
    ("centre", "width"),
    [
        ("2048,5", "4096,0"),
        ("2048.5 ", " 4096"),
        ("2,048.5", "4,096.0"),
        ("+2048", "4.096e3"),
        ("2048\\500", "4096\\3"),
        ("\\2048", "\\4096"),
        ("2048\\", "4096\\"),
        ("abc\\2048", "10\\4096"),
        ("60000\\2048", "10\\4096"),
        ("2048\\2048", "0\\4096"),
        ("2048\\2048", "-4096\\4096"),
        ("", ""),
        ("2048", ""),
        ("nan", "inf"),
    ],
)
@pytest.mark.parametrize("syntax", ["explicit", "implicit"])
def test_windows_are_read_as_people_write_them(drawn, centre, width, syntax):
    grey, samples = drawn
    data = dicom(samples, syntax, **TWELVE, **WINDOW)
    data = raw_element(data, "WindowCenter", centre, syntax)
    data = raw_element(data, "WindowWidth", width, syntax)
    assert_reads(data, grey)


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID", "LINEAR", ""])
def test_a_window_under_1_counts_in_the_values_units(drawn, function):
    _, samples = drawn
    exact = function if function == "SIGMOID" else "LINEAR_EXACT"
    stored = {"WindowCenter": 1000, "WindowWidth": 1000, "VOILUTFunction": exact}
    fractions = {
        "RescaleSlope": "0.0001",
        "RescaleIntercept": "0",
        "WindowCenter": "0.1",
        "WindowWidth": "0.1",
        "VOILUTFunction": function,
    }
    expected = read_radiograph(dicom(samples, **TWELVE, **stored)).pixels
    assert 0.1 < expected.mean() < 0.99
    assert_reads(dicom(samples, **TWELVE, **fractions), expected)


@pytest.mark.parametrize("width", [1, 2])
def test_a_window_of_two_levels_is_shown_as_one(drawn, width):
    _, samples = drawn
    read = read_radiograph(dicom(samples, **TWELVE, WindowCenter=2000, WindowWidth=width)).pixels
    assert ((read == 0) | (read == 1)).mean() > 0.99


@pytest.mark.parametrize(
    ("photometric", "shape", "inverse"),
    [
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("monochrome2 ", None, False),
    ],
)
def test_a_film_is_inverted_once(drawn, photometric, shape, inverse):
    grey, samples = drawn
    samples = 4095 - samples if inverse else samples
    shown = {"PresentationLUTShape": shape} if shape else {}
    data = dicom(samples, **TWELVE, **WINDOW, PhotometricInterpretation=photometric, **shown)
    assert_reads(data, grey)


@pytest.mark.parametrize("syntax", ["explicit", "big endian", "rle", "jpeg2000", "jpeg ls"])
def test_overlays_above_the_stored_bits_are_not_part_of_the_film(drawn, syntax):
    grey, samples = drawn
    overlay = np.zeros_like(samples)
    overlay[10:30, 20:90] = 1 << 12
    overlay[60:80] |= 1 << 15
    data = dicom(samples | overlay, syntax, **TWELVE, **WINDOW)
    assert_reads(data, grey)


def test_an_overlay_above_signed_samples_is_not_part_of_the_film(drawn):
    grey, samples = drawn
    bits = (samples.astype(np.int32) - 2048) & 0xFFF
    bits[10:30] |= 1 << 13
    data = dicom(bits.astype(np.uint16).view(np.int16), **TWELVE, WindowCenter=0, WindowWidth=4096)
    assert_reads(data, grey)


@pytest.mark.parametrize("syntax", ["explicit", "jpeg2000", "rle"])
def test_left_justified_samples_are_shifted(drawn, syntax):
    grey, samples = drawn
    left = {"BitsStored": 12, "HighBit": 15}
    assert_reads(dicom(samples << 4, syntax, **left, **WINDOW), grey)
    assert_reads(dicom(samples, syntax, **left, **WINDOW), grey)


def test_stored_bits_that_hold_too_little_are_not_believed(drawn):
    grey, samples = drawn
    data = dicom(samples, BitsStored=10, HighBit=9, **WINDOW)
    assert_reads(data, grey)


PADDINGS = {
    "a value": (65535, {"PixelPaddingValue": 65535}),
    "a range": (60000, {"PixelPaddingValue": 59000, "PixelPaddingRangeLimit": 65535}),
    "a range the other way": (60000, {"PixelPaddingValue": 65535, "PixelPaddingRangeLimit": 59000}),
}


@pytest.mark.parametrize("kind", PADDINGS)
@pytest.mark.parametrize("window", [{}, WINDOW])
def test_padding_is_black_and_sets_no_scale(drawn, kind, window):
    grey, samples = drawn
    value, elements = PADDINGS[kind]
    padded = np.pad(samples, 30, constant_values=value)
    assert_reads(dicom(padded, **elements, **window), np.pad(grey, 30))


@pytest.mark.parametrize("stated", [-32768, 32768])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_of_signed_samples_is_known_in_either_sign(drawn, stated, photometric):
    grey, samples = drawn
    signed = samples.astype(np.int16) - 2048
    signed = -1 - signed if photometric == "MONOCHROME1" else signed
    padded = np.pad(signed, 30, constant_values=-32768)
    data = dicom(padded, PhotometricInterpretation=photometric)
    kind = "<h" if stated < 0 else "<H"
    element = struct.pack("<HH2sH", 0x28, 0x120, b"SS" if stated < 0 else b"US", 2)
    before = struct.pack("<HH", 0x7FE0, 0x10)
    place = data.rindex(before)
    data = data[:place] + element + struct.pack(kind, stated) + data[place:]
    assert_reads(data, np.pad(grey, 30))


def test_padding_that_is_all_of_the_film_is_not_believed(drawn):
    grey, samples = drawn
    data = dicom(samples, **TWELVE, PixelPaddingValue=0, PixelPaddingRangeLimit=65535)
    assert_reads(data, grey)


MARKERS = {
    "a marker": lambda a: a.__setitem__((slice(5, 15), slice(5, 20)), 65535),
    "a large marker": lambda a: a.__setitem__((slice(0, 30), slice(0, 60)), 65535),
    "hot samples": lambda a: a.__setitem__(
        (slice(0, 1), slice(0, 5)), [5000, 9000, 20000, 7, 4200]
    ),
    "a soft marker": lambda a: a.__setitem__(
        (slice(5, 10), slice(5, 15)), np.linspace(4096, 65535, 50).reshape(5, 10)
    ),
}


@pytest.mark.parametrize("kind", MARKERS)
@pytest.mark.parametrize("offset", [0, 1000, 32768])
def test_what_is_burnt_in_without_a_window_sets_no_scale(drawn, kind, offset):
    grey, samples = drawn
    marked = samples + np.uint16(offset)
    MARKERS[kind](marked)
    untouched = marked == samples + np.uint16(offset)
    read = read_radiograph(dicom(marked)).pixels
    assert np.abs(read - grey)[untouched].mean() < 0.015


def test_thirty_two_bits_are_read(drawn):
    grey, samples = drawn
    wide = samples.astype(np.uint32) * 100_000
    data = dicom(wide, WindowCenter=204_800_000, WindowWidth=409_600_000)
    assert_reads(data, grey)


def test_a_preamble_of_another_format_is_still_dicom(drawn):
    grey, samples = drawn
    data = dicom(samples, **TWELVE, **WINDOW)
    for start in (b"II*\x00", b"MM\x00*", b"BM", b"\xff\xd8\xff"):
        read = read_radiograph(start + data[len(start) :])
        assert read.format == "DICOM"
        np.testing.assert_allclose(read.pixels, grey, atol=0.001)


@pytest.mark.parametrize("start", [128, 132])
def test_a_missing_preamble_or_header_is_no_fault(drawn, start):
    grey, samples = drawn
    assert_reads(dicom(samples, "explicit", **TWELVE, **WINDOW)[start:], grey)


def test_compressed_samples_that_are_stated_as_plain_are_a_contradiction(drawn):
    data = dicom(drawn[1], "jpeg2000", **TWELVE)
    stated = b"1.2.840.10008.1.2.4.90"
    data = data.replace(stated, b"1.2.840.10008.1.2.1\0\0\0")
    with pytest.raises(ImageError, match="contradicts itself"):
        read_radiograph(data)


ORIENTATIONS = {
    ("L", "F"): lambda a: a,
    ("R", "F"): lambda a: a[:, ::-1],
    ("L", "H"): lambda a: a[::-1],
    ("R", "H"): lambda a: a[::-1, ::-1],
    # Rows that run to the feet hold a column of the upright film each.
    ("F", "L"): lambda a: a.T,
    ("H", "L"): lambda a: a[::-1].T,
    ("F", "R"): lambda a: a[:, ::-1].T,
    ("H", "R"): lambda a: a[::-1, ::-1].T,
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", ["", "P"])
def test_every_orientation_is_hung_upright(drawn, orientation, suffix):
    grey, samples = drawn
    stored = np.ascontiguousarray(ORIENTATIONS[orientation](samples))
    stated = [part + suffix for part in orientation]
    assert_reads(dicom(stored, **TWELVE, **WINDOW, PatientOrientation=stated), grey)


@pytest.mark.parametrize("stated", [["L"], ["L", "L"], ["X", "F"], ["L", "F", "H"], "L"])
def test_an_orientation_that_makes_no_sense_turns_nothing(drawn, stated):
    grey, samples = drawn
    assert_reads(dicom(samples, **TWELVE, **WINDOW, PatientOrientation=stated), grey)


NOT_READ = {
    "1.2.840.10008.1.2.4.201": "HTJ2K",
    "1.2.840.10008.1.2.4.202": "HTJ2K",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    "1.2.840.10008.1.2.4.110": "JPEG XL",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.4.100": "MPEG-2",
    "1.2.840.10008.1.2.4.102": "MPEG-4",
    "1.2.840.10008.1.2.4.107": "HEVC",
    "1.2.840.10008.1.2.4.94": "JPIP",
    "1.2.3.4": "an unknown one",
}


@pytest.mark.parametrize("address", NOT_READ)
def test_a_compression_that_is_not_read_is_named(drawn, address):
    data = dicom(drawn[1], "jpeg2000", **TWELVE)
    old, new = UID("1.2.840.10008.1.2.4.90"), UID(address)
    shift = len(new) + len(new) % 2 - len(old)
    element = b"\x02\x00\x10\x00UI"
    place = data.index(element)
    rest = data[place + 8 + len(old) :]
    length = struct.pack("<H", len(new) + len(new) % 2)
    data = data[:place] + element + length + new.encode().ljust(len(old) + shift, b"\0") + rest
    group = 140 + 0
    data = (
        data[:group]
        + struct.pack("<I", int.from_bytes(data[140:144], "little") + shift)
        + data[144:]
    )
    with pytest.raises(ImageError, match=f"compressed in a way.*{NOT_READ[address]}") as caught:
        read_radiograph(data)
    assert "broken" not in str(caught.value)


@pytest.mark.parametrize(
    "missing",
    [
        "Rows",
        "Columns",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "BitsAllocated",
        "BitsStored",
        "PixelRepresentation",
        "PixelData",
    ],
)
def test_a_missing_element_is_named(drawn, missing):
    with pytest.raises(ImageError, match=f"without {missing}") as caught:
        read_radiograph(dicom(drawn[1], **TWELVE, omit=(missing,)))
    assert "broken" not in str(caught.value)


def test_a_missing_high_bit_is_no_fault(drawn):
    grey, samples = drawn
    assert_reads(dicom(samples, BitsStored=12, **WINDOW, omit=("HighBit",)), grey)


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ({"PhotometricInterpretation": "HSV"}, "PhotometricInterpretation HSV"),
        ({"BitsStored": 20}, "20 of 16 bits"),
        ({"BitsStored": 0}, "0 of 16 bits"),
    ],
)
def test_what_is_stored_in_another_way_is_named(drawn, elements, said):
    with pytest.raises(ImageError, match=f"not read here.*{said}"):
        read_radiograph(dicom(drawn[1], **elements))


def test_the_directory_of_a_disc_says_what_it_is():
    with pytest.raises(ImageError, match=r"directory of a disc \(DICOMDIR\)"):
        read_radiograph(disc_directory())


def test_only_what_is_cut_short_is_called_so(drawn):
    data = dicom(drawn[1], **TWELVE)
    with pytest.raises(ImageError, match="broken or cut short"):
        read_radiograph(data[:-2000])


@pytest.mark.parametrize(("stated", "burnt_in"), [("YES", True), ("NO", False), ("", False)])
def test_burnt_in_text_that_the_file_admits_is_known(drawn, stated, burnt_in):
    assert read_radiograph(dicom(drawn[1], BurnedInAnnotation=stated)).burnt_in is burnt_in
