"""The upright check's eyes: the shipped bundle on simulated films that it did not learn from."""

import numpy as np
import pytest
from PIL import Image

from covidweb.bundle import list_bundles
from covidweb.radiograph import Radiograph
from covidweb.screening.upright import UprightCheck
from covidweb.simulate import simulate_film


@pytest.fixture(scope="module")
def shipped():
    assert "upright" in list_bundles(kinds=("upright",))
    return UprightCheck.load()


@pytest.fixture(scope="module")
def drawn():
    """Simulated films that the check did not learn from."""
    return [_film(simulate_film(700 + i, i % 2 == 0, 320).pixels) for i in range(8)]


def _film(pixels):
    pixels = np.ascontiguousarray(pixels, np.float32)
    return Radiograph(pixels, pixels.shape[::-1], "", "PNG")


def _failed(shipped, films):
    return [[f.message for f in one.findings if not f.passed] for one in shipped.lay(films)]


def test_shipped_lets_upright_films_through(shipped, drawn):
    assert _failed(shipped, drawn) == [[]] * len(drawn)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: np.rot90(p, 2), "upside down"),
        (lambda p: np.rot90(p), "on its side"),
        (lambda p: np.rot90(p, -1), "on its side"),
        (lambda p: np.hstack([p, p]), "more than one film"),
        (lambda p: np.vstack([p, p]), "more than one film"),
        (lambda p: np.block([[p, p], [p, p]]), "more than one film"),
        (lambda p: p[:, : p.shape[1] // 2], "part of a chest"),
        (lambda p: p[:, p.shape[1] // 2 :], "part of a chest"),
    ],
)
def test_shipped_names_what_is_wrong(shipped, drawn, change, words):
    found = _failed(shipped, [_film(change(film.pixels)) for film in drawn])
    assert sum(bool(failed) and words in failed[0] for failed in found) >= len(drawn) - 1
    assert all(found)


@pytest.mark.parametrize("degrees", [-12, 10, 18])
def test_shipped_takes_a_tilt_out(shipped, drawn, degrees):
    tilted = [
        _film(Image.fromarray(film.pixels).rotate(-degrees, Image.Resampling.BILINEAR))
        for film in drawn
    ]
    before = shipped.postures(drawn)
    laid = shipped.lay(tilted)
    assert all(one.passed for one in laid)
    off = [
        one.placement.degrees - degrees - posture.degrees
        for one, posture in zip(laid, before, strict=True)
    ]
    assert np.median(np.abs(off)) < 3
