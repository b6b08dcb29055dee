"""Every picture format and mode gives the same film."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from covidweb.radiograph import read_radiograph


def _bytes(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _grey8(film):
    return Image.fromarray(np.round(film * 255).astype(np.uint8))


def _grey16(film, top=65535):
    return Image.fromarray(np.round(film * top).astype(np.uint16))


MODES = {
    "grey": _grey8,
    "rgb": lambda film: _grey8(film).convert("RGB"),
    "rgba": lambda film: _grey8(film).convert("RGBA"),
    "grey alpha": lambda film: _grey8(film).convert("LA"),
    "palette": lambda film: _grey8(film).convert("RGB").quantize(256, dither=Image.Dither.NONE),
    "16 bit": _grey16,
    "float": Image.fromarray,
    "cmyk": lambda film: _grey8(film).convert("RGB").convert("CMYK"),
}

CASES = [
    ("PNG", "grey", 0.003, {}),
    ("PNG", "rgb", 0.003, {}),
    ("PNG", "rgba", 0.003, {}),
    ("PNG", "grey alpha", 0.003, {}),
    ("PNG", "palette", 0.03, {}),
    ("PNG", "16 bit", 1e-4, {}),
    ("JPEG", "grey", 0.06, {"quality": 95}),
    ("JPEG", "rgb", 0.06, {"quality": 95}),
    ("JPEG", "cmyk", 0.06, {"quality": 95}),
    ("TIFF", "grey", 0.003, {}),
    ("TIFF", "rgb", 0.003, {"compression": "tiff_lzw"}),
    ("TIFF", "16 bit", 1e-4, {"compression": "tiff_deflate"}),
    ("TIFF", "float", 1e-6, {}),
    ("BMP", "grey", 0.003, {}),
    ("BMP", "rgb", 0.003, {}),
    ("WebP", "rgb", 0.003, {"lossless": True}),
    ("WebP", "rgba", 0.003, {"lossless": True}),
]


@pytest.mark.parametrize(("kind", "mode", "tolerance", "options"), CASES)
def test_format_gives_the_drawn_film(film, kind, mode, tolerance, options):
    drawn = film(1, size=(150, 200))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_radiograph(_bytes(MODES[mode](drawn), kind, **options))
    assert read.format == kind
    assert read.original_size == (200, 150)
    assert read.pixels.dtype == np.float32
    np.testing.assert_allclose(read.pixels, drawn, atol=tolerance)
    assert read.chroma < 0.001


def test_alpha_is_laid_over_black(film):
    image = _grey8(film(1)).convert("RGBA")
    image.paste((255, 255, 255, 0), (0, 0, 100, 100))
    image.paste((200, 200, 200, 128), (100, 0, 200, 100))
    pixels = read_radiograph(_bytes(image, "PNG")).pixels
    assert pixels[:100, :100].max() == 0
    np.testing.assert_allclose(pixels[:100, 100:200], 100 / 255, atol=0.01)


def test_transparent_palette_is_laid_over_black(film):
    image = Image.new("P", (80, 80), 1)
    image.putpalette([0, 0, 0, 250, 250, 250, 100, 100, 100])
    image.paste(2, (0, 0, 40, 80))
    pixels = read_radiograph(_bytes(image, "PNG", transparency=1)).pixels
    assert pixels[:, 40:].max() == 0
    np.testing.assert_allclose(pixels[:, :40], 100 / 255, atol=0.003)


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_film_of_few_bits_in_sixteen_is_not_black(film, bits):
    drawn = film(2)
    drawn = drawn / drawn.max()
    read = read_radiograph(_bytes(_grey16(drawn, 2**bits - 1), "PNG"))
    np.testing.assert_allclose(read.pixels, drawn, atol=0.6 / (2**bits - 1))


def test_dark_sixteen_bit_film_stays_dark(film):
    drawn = film(2) * 0.5
    read = read_radiograph(_bytes(_grey16(drawn), "TIFF"))
    np.testing.assert_allclose(read.pixels, drawn, atol=1e-4)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_broken_floats_count_as_the_darkest(film, broken):
    drawn = film(2).copy()
    drawn[:20] = broken
    pixels = read_radiograph(_bytes(Image.fromarray(drawn), "TIFF")).pixels
    assert np.isfinite(pixels).all()
    assert pixels[:20].max() == pixels[20:].min()


@pytest.mark.parametrize("mode", ["16 bit", "float", "grey"])
def test_inverted_tiff_is_turned_back(film, mode):
    drawn = film(2)
    # Pillow inverts 8-bit samples itself, both when it writes and when it reads them.
    stored = drawn if mode == "grey" else 1 - drawn
    data = _bytes(MODES[mode](stored), "TIFF", tiffinfo={262: 0})
    assert Image.open(io.BytesIO(data)).tag_v2[262] == 0
    np.testing.assert_allclose(read_radiograph(data).pixels, drawn, atol=0.003)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(film, orientation):
    drawn = film(3, size=(100, 140))
    undo = {
        1: drawn,
        2: drawn[:, ::-1],
        3: drawn[::-1, ::-1],
        4: drawn[::-1],
        5: drawn.T,
        6: np.rot90(drawn),
        7: drawn[::-1, ::-1].T,
        8: np.rot90(drawn, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    data = _bytes(_grey8(undo), "PNG", exif=exif)
    read = read_radiograph(data)
    assert read.original_size == (140, 100)
    np.testing.assert_allclose(read.pixels, drawn, atol=0.003)


def test_chroma_tells_a_photograph_from_a_film(film):
    grey = _grey8(film(1))
    colour = Image.merge("RGB", [grey, grey.point(lambda v: v // 2), grey])
    read = read_radiograph(_bytes(colour, "PNG"))
    expected = np.mean(np.asarray(grey, float) - np.asarray(grey) // 2) / 255
    assert read.chroma == pytest.approx(expected, abs=1e-3)


def test_tiff_with_its_own_thumbnail_is_one_film(film):
    first, second = _grey8(film(1)), _grey8(film(1)).resize((80, 80))
    second.encoderinfo = {"tiffinfo": {254: 1}}
    data = _bytes(first, "TIFF", save_all=True, append_images=[second])
    assert read_radiograph(data).original_size == (256, 256)


def test_sizes_beyond_pillows_own_limit_warn_nobody(monkeypatch, film_png):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_radiograph(film_png()).original_size == (256, 256)
