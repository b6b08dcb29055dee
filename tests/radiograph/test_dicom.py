"""DICOM: every compression, LUT, window, colour and orientation."""

import io
import logging
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

sys.path.insert(0, str(Path(__file__).parent))

from dicoms import NAME, SYNTAXES, dicom

from covidweb.errors import ImageError
from covidweb.radiograph import read_radiograph

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR")

TWELVE = {"BitsStored": 12, "HighBit": 11}


def _samples(drawn, top=255):
    return np.round(drawn * top).astype(np.uint8 if top == 255 else np.uint16)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_compression_is_read(film, syntax):
    drawn = film(1, size=(120, 160))
    read = read_radiograph(dicom(_samples(drawn), syntax))
    assert read.format == "DICOM"
    assert read.original_size == (160, 120)
    np.testing.assert_allclose(read.pixels, drawn, atol=0.06 if syntax == "jpeg" else 0.003)


@pytest.mark.parametrize("syntax", [s for s in SYNTAXES if s != "jpeg"])
def test_twelve_bits_with_a_window(film, syntax):
    drawn = film(1, size=(120, 160))
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    read = read_radiograph(dicom(_samples(drawn, 4095), syntax, **TWELVE, **window))
    np.testing.assert_allclose(read.pixels, drawn, atol=2e-4)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(film, function):
    samples = _samples(film(1), 4095)
    elements = {**TWELVE, "WindowCenter": 1500, "WindowWidth": 900, "VOILUTFunction": function}
    read = read_radiograph(dicom(samples, **elements))
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    expected = apply_windowing(samples, dataset) / 4095
    np.testing.assert_allclose(read.pixels, expected, atol=1e-3)
    assert read.pixels.max() > 0.99


def test_monochrome1_is_inverted(film):
    drawn = film(1)
    read = read_radiograph(dicom(_samples(1 - drawn), PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_allclose(read.pixels, drawn, atol=0.003)


def test_several_windows_mean_the_first(film):
    samples = _samples(film(1), 4095)
    one = dicom(samples, **TWELVE, WindowCenter=1000, WindowWidth=800)
    many = dicom(samples, **TWELVE, WindowCenter=[1000, 3000], WindowWidth=[800, 50])
    np.testing.assert_array_equal(read_radiograph(one).pixels, read_radiograph(many).pixels)


def test_rescale_comes_before_the_window(film):
    samples = _samples(film(1), 4095)
    plain = dicom(samples, **TWELVE, WindowCenter=2000, WindowWidth=1000)
    rescale = {"RescaleSlope": 2, "RescaleIntercept": -500, "RescaleType": "US"}
    moved = dicom(samples, **TWELVE, **rescale, WindowCenter=3500, WindowWidth=2000)
    np.testing.assert_allclose(
        read_radiograph(plain).pixels, read_radiograph(moved).pixels, atol=1e-3
    )


def test_identity_rescale_keeps_the_range_of_eight_bits(film):
    drawn = film(1) * 0.5
    read = read_radiograph(dicom(_samples(drawn), RescaleSlope=1, RescaleIntercept=0))
    np.testing.assert_allclose(read.pixels, drawn, atol=0.003)


def test_voi_lut_is_applied(film):
    lut = Dataset()
    lut.LUTDescriptor, lut.LUTData = [256, 0, 8], [255 - v for v in range(256)]
    lut["LUTDescriptor"].VR, lut["LUTData"].VR = "US", "US"
    drawn = film(1)
    read = read_radiograph(dicom(_samples(drawn), VOILUTSequence=[lut]))
    np.testing.assert_allclose(read.pixels, 1 - drawn, atol=0.003)


@pytest.mark.parametrize(
    "window",
    [{"WindowCenter": 60000, "WindowWidth": 10}, {"WindowCenter": 500, "WindowWidth": 0}, {}],
)
def test_without_a_window_that_shows_anything_the_values_are_stretched(film, window):
    drawn = film(1)
    read = read_radiograph(dicom(_samples(drawn * 0.2, 4095), **TWELVE, **window))
    expected = (drawn - drawn.min()) / np.ptp(drawn)
    np.testing.assert_allclose(read.pixels, expected, atol=3e-3)


def test_padding_is_left_out_of_the_stretch(film):
    samples = _samples(0.2 + film(1) * 0.1, 4095)
    bare = read_radiograph(dicom(samples, **TWELVE)).pixels
    samples = samples.copy()
    samples[:30] = 4095
    padded = read_radiograph(dicom(samples, **TWELVE, PixelPaddingValue=4095)).pixels
    np.testing.assert_allclose(padded[30:], bare[30:], atol=0.05)


def test_colour_becomes_grey_with_its_chroma(film):
    grey = _samples(film(1))
    colour = np.stack([grey, grey // 2, grey], axis=-1)
    read = read_radiograph(dicom(colour))
    expected = np.asarray(Image.fromarray(colour).convert("L")) / 255
    np.testing.assert_allclose(read.pixels, expected, atol=0.006)
    assert read.chroma > 0.1


@pytest.mark.parametrize("syntax", ["explicit", "jpeg2000"])
def test_dicom_reads_as_its_png_export(film, syntax):
    samples = _samples(film(1), 4095)
    window = {"WindowCenter": 1800, "WindowWidth": 2500}
    read = read_radiograph(dicom(samples, syntax, **TWELVE, **window))
    stream = io.BytesIO()
    Image.fromarray(np.round(read.pixels * 255).astype(np.uint8)).save(stream, "PNG")
    exported = read_radiograph(stream.getvalue())
    assert np.abs(read.pixels - exported.pixels).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (["L", "F"], lambda a: a),
        (["R", "F"], lambda a: a[:, ::-1]),
        (["L", "H"], lambda a: a[::-1]),
        (["R", "H"], lambda a: a[::-1, ::-1]),
        (["A", "F"], lambda a: a),
        ("", lambda a: a),
    ],
)
def test_the_patients_left_is_on_the_right(film, orientation, turn):
    drawn = film(1)
    read = read_radiograph(dicom(_samples(drawn), PatientOrientation=orientation))
    np.testing.assert_allclose(read.pixels, turn(drawn), atol=0.003)


@pytest.mark.parametrize(
    ("stated", "view"),
    [("PA", "PA"), ("ap ", "AP"), ("LL", "LATERAL"), ("RAO", "OBLIQUE"), ("", None), ("?", None)],
)
def test_view_is_taken_from_the_file(film, stated, view):
    assert read_radiograph(dicom(_samples(film(1)), ViewPosition=stated)).view == view


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "PT", "MG"])
def test_other_modalities_are_named(film, modality):
    data = dicom(_samples(film(1)), Modality=modality, NumberOfFrames=3)
    with pytest.raises(ImageError, match=rf"not a radiograph.*{modality}.*3 frames"):
        read_radiograph(data)


def test_several_frames_of_a_radiograph_are_refused(film):
    with pytest.raises(ImageError, match=r"several pictures.*2 frames"):
        read_radiograph(dicom(_samples(film(1)), NumberOfFrames=2))


def test_a_report_without_a_picture_is_refused(film):
    with pytest.raises(ImageError, match=r"no picture.*Rows"):
        read_radiograph(dicom(_samples(film(1)), Rows=None))


def test_a_huge_picture_is_refused_before_decoding(film):
    with pytest.raises(ImageError, match=r"too large.*20,000 x 20,000"):
        read_radiograph(dicom(_samples(film(1)), Rows=20000, Columns=20000))


@pytest.mark.parametrize("syntax", ["jpeg lossless", "jpeg ls"])
def test_broken_lossless_streams_end_in_an_image_error(film, syntax):
    """GDCM kills its process on some of these: ours must live."""
    data = bytearray(dicom(_samples(film(1)), syntax))
    start = data.rindex(b"\xff\xd8\xff")
    data[start + 4 : start + 60] = bytes(56)
    with pytest.raises(ImageError, match="broken"):
        read_radiograph(bytes(data))


def test_nothing_of_the_person_is_kept_or_logged(film, caplog):
    caplog.set_level(logging.DEBUG)
    read = read_radiograph(dicom(_samples(film(1)), ViewPosition="PA"))
    shown = repr([value for key, value in vars(read).items() if key != "pixels"]) + caplog.text
    for secret in (NAME, "Mustermann", "4711", "19700101"):
        assert secret not in shown
    with pytest.raises(ImageError) as caught:
        read_radiograph(dicom(_samples(film(1)), Modality=NAME[:16].upper()))
    assert "_" not in str(caught.value) and "^" not in str(caught.value)


def test_a_deflated_bomb_is_not_unpacked(film, monkeypatch):
    data = dicom(np.zeros((2400, 2400), np.uint8), "deflated")
    assert len(data) < 10_000
    monkeypatch.setenv("COVIDWEB_MAX_FILE_MIB", "1")
    with pytest.raises(ImageError, match="beyond reason"):
        read_radiograph(data)


def test_a_data_set_without_preamble_is_recognised(film):
    data = dicom(_samples(film(1)), "implicit")
    start = 144 + int.from_bytes(data[140:144], "little")
    read = read_radiograph(data[start:])
    assert read.format == "DICOM"
