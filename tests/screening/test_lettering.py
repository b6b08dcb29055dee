"""Burnt-in text is found, and anatomy is not taken for it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from covidweb.screening.lettering import is_lettered


def _written(pixels, text, size, grey=255, place=(20, 20)):
    image = Image.fromarray(np.round(pixels * 255).astype(np.uint8))
    ImageDraw.Draw(image).text(place, text, fill=grey, font=ImageFont.load_default(size))
    return np.asarray(image, np.float32) / 255


@pytest.mark.parametrize("side", [500, 1000, 2400])
@pytest.mark.parametrize("grey", [255, 0])
def test_a_name_on_a_film_is_found(film, side, grey):
    pixels = film(2, size=(side, side))
    assert is_lettered(_written(pixels, "MUSTER ERIKA", side // 30, grey))


@pytest.mark.parametrize("seed", range(4))
def test_a_film_without_text_is_not_lettered(film, seed):
    assert not is_lettered(film(seed, size=(700, 600)))


def test_a_simulated_chest_is_not_lettered():
    from covidweb.simulate import sample_films

    assert not any(is_lettered(film.pixels) for film in sample_films()[:2])


@pytest.mark.parametrize("marker", ["L", "R", "AP"])
def test_a_side_marker_is_no_text(film, marker):
    assert not is_lettered(_written(film(2, size=(800, 800)), marker, 30))


def test_nothing_but_noise_is_no_text():
    assert not is_lettered(np.random.default_rng(0).random((900, 900)).astype(np.float32))
