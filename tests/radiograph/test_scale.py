"""Sample values of any depth: what is burnt in, faulty or shifted must not set the scale."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from covidweb.radiograph import read_radiograph
from covidweb.radiograph.levels import Levels, body
from covidweb.radiograph.scale import scale_samples


@pytest.fixture
def grey(film):
    drawn = film(5, size=(150, 170))
    return (drawn - drawn.min()) / np.ptp(drawn)


def _samples(grey, bits):
    return np.round(grey * (2**bits - 1)).astype(np.uint16)


FAULTS = {
    "nothing": lambda a: None,
    "a marker": lambda a: a.__setitem__((slice(3, 15), slice(3, 15)), 65535),
    "a soft marker": lambda a: a.__setitem__(
        (slice(5, 10), slice(5, 15)), np.linspace(17000, 65535, 50).reshape(5, 10)
    ),
    "a white border": lambda a: a.__setitem__((slice(None), slice(0, 40)), 65535),
    "hot samples": lambda a: a.__setitem__(
        (0, slice(0, 6)), [65535, 40000, 5000, 4200, 65535, 9000]
    ),
    "dead samples": lambda a: a.__setitem__((0, slice(0, 6)), 0),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("offset", [0, 100, 4000])
def test_the_film_sets_the_scale_and_nothing_else_does(grey, fault, bits, offset):
    marked = _samples(grey, bits) + np.uint16(offset)
    FAULTS[fault](marked)
    untouched = marked == _samples(grey, bits) + np.uint16(offset)
    scaled = scale_samples(marked)
    assert np.abs(scaled - grey)[untouched].mean() < 0.015
    assert scaled[marked == 65535].min(initial=1) == 1


def test_a_film_of_all_sixteen_bits_keeps_its_marker_in_scale(grey):
    samples = _samples(grey * 0.7, 16)
    samples[:10, :10] = 65535
    np.testing.assert_allclose(scale_samples(samples)[20:], 0.7 * grey[20:], atol=1e-4)


def test_noise_on_a_blank_is_not_stretched():
    blank = np.random.default_rng(0).integers(30_000, 30_200, (80, 80)).astype(np.uint16)
    assert np.ptp(scale_samples(blank)) < 0.02


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint32, np.float32, np.float64, ">u2"])
def test_every_type_of_sample_is_scaled_alike(grey, kind):
    samples = _samples(grey, 12).astype(kind)
    np.testing.assert_allclose(scale_samples(samples), grey, atol=2e-4)


def test_negative_samples_are_stretched(grey):
    np.testing.assert_allclose(
        scale_samples(_samples(grey, 12).astype(np.int16) - 2000), grey, atol=0.02
    )


def test_one_wild_float_sets_no_scale(grey):
    for scale in (1.0, 4095.0):
        samples = (grey * scale).astype(np.float32)
        samples[0, 0] = 1e30
        assert np.abs(scale_samples(samples) - grey).mean() < 0.01


def test_levels_keep_whole_numbers_exactly():
    samples = np.array([[-300, 5], [65_000, 7]], np.int32)
    levels = Levels.of(samples)
    np.testing.assert_array_equal(levels.values[levels.codes], samples)
    assert levels.counts.sum() == 4


def test_a_body_is_all_of_a_smooth_film():
    values = np.arange(1000.0)
    assert body(values, np.ones(1000, np.int64)) == (0.0, 999.0)


def test_a_spike_at_the_end_of_a_smooth_film_is_saturation_and_stays():
    counts = np.ones(1000, np.int64)
    counts[-1] = 300
    assert body(np.arange(1000.0), counts)[1] == 999.0


def _grey_alpha(grey, alpha):
    """A 16-bit PNG of grey with alpha, which no library at hand writes."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    rows = np.stack([grey, alpha], -1).astype(">u2")
    header = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 16, 4, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def _channels(samples, count):
    full = np.repeat(samples[..., None], count, axis=-1)
    if count == 4:
        full[..., 3] = 65535
    return full


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("form", ["RGB PNG", "RGBA PNG", "grey+alpha PNG", "RGB TIFF", "RGBA TIFF"])
def test_few_bits_in_sixteen_with_several_channels(grey, bits, form):
    samples = _samples(grey, bits)
    if form.startswith("grey"):
        data = _grey_alpha(samples, np.full_like(samples, 65535))
    else:
        kind = ".png" if "PNG" in form else ".tiff"
        data = cv2.imencode(kind, _channels(samples, 4 if "A" in form[:4] else 3))[1].tobytes()
    read = read_radiograph(data)
    np.testing.assert_allclose(read.pixels, grey, atol=1.2 / 2**bits)
    assert read.chroma == 0


def test_alpha_of_sixteen_bits_is_laid_over_black(grey):
    samples = _samples(grey, 16)
    alpha = np.full_like(samples, 65535)
    alpha[:40], alpha[40:60] = 0, 32768
    pixels = read_radiograph(_grey_alpha(samples, alpha)).pixels
    assert pixels[:40].max() == 0
    np.testing.assert_allclose(pixels[40:60], grey[40:60] / 2, atol=1e-3)
    np.testing.assert_allclose(pixels[60:], grey[60:], atol=1e-3)


def test_colour_of_sixteen_bits_has_its_chroma(grey):
    full = _channels(_samples(grey, 16), 3)
    full[..., 0] //= 2
    assert read_radiograph(cv2.imencode(".png", full)[1].tobytes()).chroma > 0.1


@pytest.mark.parametrize("form", [".png", ".tiff"])
def test_a_cut_picture_with_several_deep_channels_is_broken(grey, form):
    from covidweb.errors import ImageError

    data = cv2.imencode(form, _channels(_samples(grey, 16), 3))[1].tobytes()
    with pytest.raises(ImageError, match="broken or cut short"):
        read_radiograph(data[: len(data) // 2])


def test_a_film_with_a_marker_in_a_sixteen_bit_file_reads_as_the_film(grey):
    samples = _samples(grey, 12)
    samples[:8, :12] = 65535
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, "PNG")
    read = read_radiograph(stream.getvalue()).pixels
    np.testing.assert_allclose(read[8:], grey[8:], atol=2e-4)
