import json
import struct
import zlib

import numpy as np
import pytest

from covidweb.radiograph import read_radiograph
from covidweb.screening.result import ModelId, ScreeningResult
from covidweb.simulate import sample_film, sample_opacity
from covidweb.views.screen import viewer

MODEL = ModelId("made-up", "0" * 64)


def unpacked(data, width, height):
    """Undo `pack` as the script does."""
    planes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(2, height, width)
    steps = planes[0].astype(np.uint16) << 8 | planes[1]
    return np.cumsum(steps, axis=1, dtype=np.uint16)


def result(**fields):
    return ScreeningResult("ok", 0.5, MODEL, "covid", 0.9, **fields)


def test_all_sixteen_bits_arrive():
    rng = np.random.default_rng(0)
    greys = rng.integers(0, 65536, (37, 53), dtype=np.uint16)
    greys[0, :4] = (0, 65535, 0, 32768)
    packed = viewer.pack((greys / 65535).astype(np.float32))
    assert np.array_equal(unpacked(packed, 53, 37), greys)


def test_large_films_are_shrunk_and_small_ones_are_not(film_png):
    film = read_radiograph(film_png(1, (300, 200)))
    assert viewer.shrunk(film) is film
    assert viewer.shrunk(film, 150).pixels.shape == (150, 100)


def test_the_payload_says_what_it_holds(film_png, monkeypatch):
    monkeypatch.setattr(viewer.st, "session_state", {})
    film = read_radiograph(film_png(1, (120, 180)))
    mask = np.zeros((40, 40), bool)
    mask[10:30, 5:15] = True
    found = result(heatmap=np.eye(4, dtype=np.float32), lung_mask=mask)
    picture = viewer.Picture("key", film, "A film.", found, viewer.lines(found))
    data = viewer.packed(picture)
    size = struct.unpack("<I", data[:4])[0]
    header = json.loads(data[4 : 4 + size])
    assert (header["width"], header["height"]) == (180, 120)
    assert header["evidence"]["width"] == 180 and len(header["colours"]) > 5
    assert [line["name"] for line in header["lines"]] == ["Lungs"]
    assert unpacked(data[4 + size :], 180, 120).shape == (120, 180)
    bare = viewer.packed(viewer.Picture("key", film, "A film."))
    size = struct.unpack("<I", bare[:4])[0]
    assert json.loads(bare[4 : 4 + size])["evidence"] is None


def test_an_outline_lies_on_the_mask_s_border():
    mask = np.zeros((50, 100), bool)
    mask[10:40, 20:80] = True
    (path,) = viewer.outlines(mask)
    points = np.array(path)
    assert points[:, 0].min() == pytest.approx(0.2, abs=0.01)
    assert points[:, 0].max() == pytest.approx(0.8, abs=0.01)
    assert points[:, 1].min() == pytest.approx(0.2, abs=0.02)
    assert points[:, 1].max() == pytest.approx(0.8, abs=0.02)


def test_the_true_opacities_of_a_simulated_film_can_be_outlined():
    film = sample_film(0)
    assert film.covid and np.array_equal(sample_opacity(film.seed), film.opacity)
    (line,) = viewer.lines(result(), film.opacity)
    assert line.name == "True opacities" and line.shown and line.paths
    assert viewer.lines(result(), np.zeros((9, 9))) == ()
