"""Bad bytes: one clear sentence each, and never another exception."""

import hashlib
import io
import struct
import sys
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from dicoms import SYNTAXES, dicom

from covidweb.errors import ImageError
from covidweb.radiograph import Limits, Radiograph, read_radiograph, read_radiograph_file
from covidweb.radiograph.quiet import quiet


def _drawn(side=80):
    y, x = np.mgrid[0:side, 0:side] / side
    return np.round(255 * np.abs(np.sin(5 * x + 3 * y))).astype(np.uint8)


def _encoded(kind, image=None, **options):
    stream = io.BytesIO()
    (image or Image.fromarray(_drawn())).save(stream, kind, **options)
    return stream.getvalue()


def _png_header(width, height):
    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(10_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def _frames(kind):
    images = [Image.fromarray(_drawn() // (i + 1)) for i in range(3)]
    images = [image.convert("RGB") for image in images]
    return _encoded(kind, images[0], save_all=True, append_images=images[1:])


BAD = {
    "empty": (b"", "empty"),
    "text": (b"I am a text\nin a file named film.png\n", "plain text"),
    "cut JPEG": (_encoded("JPEG")[:600], "broken or cut short"),
    "cut PNG": (_encoded("PNG")[:500], "broken or cut short"),
    "cut TIFF": (_encoded("TIFF")[:600], "broken or cut short"),
    "cut BMP": (_encoded("BMP")[:600], "broken or cut short"),
    "cut WebP": (_encoded("WEBP")[:100], "broken or cut short"),
    "cut DICOM": (dicom(_drawn())[:1200], "broken or cut short|no picture"),
    "only a signature": (b"\x89PNG\r\n\x1a\n", "broken or cut short"),
    "bomb": (_png_header(20_000, 20_000), "too large.*20,000 x 20,000"),
    "tiny": (_encoded("PNG", Image.new("L", (63, 500))), "too small.*63 x 500"),
    "GIF": (_encoded("GIF"), "GIF"),
    "PDF": (b"%PDF-1.7 ...", "PDF"),
    "ZIP": (b"PK\x03\x04 ...", "ZIP"),
    "noise": (bytes(range(256)), "unknown kind"),
    "animated PNG": (_frames("PNG"), "3 frames"),
    "animated WebP": (_frames("WEBP"), "3 frames"),
    "TIFF with pages": (_frames("TIFF"), "3 pages"),
    "CT with frames": (dicom(_drawn(), Modality="CT", NumberOfFrames=12), "CT.*12 frames"),
    "DICOM marker only": (bytes(128) + b"DICM", "no picture|broken"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes_get_one_clear_sentence(name):
    data, message = BAD[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError, match=message) as caught:
            read_radiograph(data)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 250


def test_too_many_bytes_are_refused(monkeypatch):
    assert Limits().file_bytes == 64 * 2**20
    monkeypatch.setenv("COVIDWEB_MAX_FILE_MIB", "1")
    with pytest.raises(ImageError, match=r"too large: at most 1 MiB.*received 2\.0 MiB"):
        read_radiograph(_encoded("BMP", Image.new("L", (2048, 1024))))


@pytest.mark.parametrize("stated", ["much", "0", "-1", "1.5"])
def test_a_limit_that_is_no_number_is_named(monkeypatch, stated):
    monkeypatch.setenv("COVIDWEB_MAX_FILE_MIB", stated)
    with pytest.raises(ImageError, match=rf"COVIDWEB_MAX_FILE_MIB.*{stated}"):
        read_radiograph(_encoded("PNG"))


def test_hash_is_of_the_bytes(film_png):
    data = film_png(0)
    assert read_radiograph(data).sha256 == hashlib.sha256(data).hexdigest()


def test_pixels_cannot_be_changed(film_png):
    with pytest.raises(ValueError, match="read-only"):
        read_radiograph(film_png(0)).pixels[0, 0] = 1


def test_a_file_that_is_not_there_is_an_image_error(tmp_path):
    with pytest.raises(ImageError, match=r"cannot be opened.*film\.png"):
        read_radiograph_file(tmp_path / "film.png")
    with pytest.raises(ImageError):
        read_radiograph_file(tmp_path)


def test_format_is_told_by_bytes_not_by_name(tmp_path):
    path = tmp_path / "film.png"
    path.write_bytes(_encoded("JPEG"))
    assert read_radiograph_file(path).format == "JPEG"


def test_quiet_puts_the_filters_back_with_threads():
    before = list(warnings.filters)
    first_in, second_in = threading.Event(), threading.Event()

    def first():
        with quiet():
            first_in.set()
            second_in.wait(5)

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(5)
    with quiet():
        second_in.set()
        thread.join(5)
        assert warnings.filters[0][0] == "ignore"
    assert warnings.filters == before


# GDCM's formats start a process each; test_dicom.py breaks those.
SEEDS = {
    **{kind: _encoded(kind) for kind in ("PNG", "JPEG", "TIFF", "BMP", "WEBP")},
    "palette": _encoded("PNG", Image.fromarray(_drawn()).convert("RGB").quantize(64)),
    "png16": _encoded("PNG", Image.fromarray(_drawn().astype(np.uint16) * 257)),
    "tiff16": _encoded("TIFF", Image.fromarray(_drawn().astype(np.uint16) * 257)),
    "float": _encoded("TIFF", Image.fromarray(_drawn().astype(np.float32) / 255)),
    "lzw": _encoded("TIFF", compression="tiff_lzw"),
    "rgba": _encoded("PNG", Image.fromarray(_drawn()).convert("RGBA")),
    **{f"DICOM {s}": dicom(_drawn(), s) for s in SYNTAXES if s not in ("jpeg lossless", "jpeg ls")},
    "DICOM 16": dicom(_drawn().astype(np.uint16) * 16, WindowCenter=2000, WindowWidth=3000),
}


@pytest.mark.parametrize("name", SEEDS)
def test_a_cut_file_never_gives_another_film(name):
    """A cut behind the last pixel may pass; nothing may be made up for pixels that are missing."""
    data = SEEDS[name]
    whole = read_radiograph(data).pixels
    refused = 0
    for length in np.linspace(1, len(data) - 1, 25).astype(int):
        try:
            np.testing.assert_array_equal(read_radiograph(data[:length]).pixels, whole)
        except ImageError:
            refused += 1
    assert refused >= 23


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    in_header=st.booleans(),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_mutated_files_give_a_film_or_an_image_error(name, changes, in_header, keep):
    data = bytearray(SEEDS[name])
    reach = min(len(data), 1200) if in_header else len(data)
    for place, value in changes:
        data[int(place * (reach - 1))] = value
    _check(bytes(data[: int(keep * len(data))]))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", *(seed[:24] for seed in SEEDS.values())]))
def test_any_bytes_give_a_film_or_an_image_error(tail, start):
    _check(start + tail)


def _check(data):
    try:
        read = read_radiograph(data)
    except ImageError:
        return
    assert isinstance(read, Radiograph)
    assert read.pixels.dtype == np.float32
    assert np.isfinite(read.pixels).all()
    assert read.pixels.min() >= 0 and read.pixels.max() <= 1
    assert read.pixels.shape == read.original_size[::-1]


@pytest.mark.realdata
def test_every_real_original_is_read(real_data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        films = [read_radiograph_file(p) for p in sorted((real_data / "originals").iterdir())]
    assert len(films) == 36
    assert all(film.pixels.std() > 0.05 for film in films)


@pytest.mark.realdata
def test_both_real_dicoms_are_read_upright_and_bright_boned(real_data):
    films = [read_radiograph_file(p) for p in sorted((real_data / "dicom").glob("*.dcm"))]
    assert [film.view for film in films] == ["PA", "PA"]
    for film in films:
        height, width = film.pixels.shape
        spine = film.pixels[height // 3 : height // 2, int(0.47 * width) : int(0.53 * width)]
        lung = film.pixels[height // 3 : height // 2, int(0.22 * width) : int(0.3 * width)]
        assert spine.mean() > lung.mean() + 0.1
