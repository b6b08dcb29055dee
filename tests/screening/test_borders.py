import numpy as np
import pytest

from covidweb.screening.borders import content_box


def _kept(pixels):
    height, width = pixels.shape
    left, top, right, bottom = content_box(pixels)
    return (
        round(left * width),
        round(top * height),
        round(right * width),
        round(bottom * height),
    )


@pytest.mark.parametrize("grey", [0.0, 0.2, 1.0])
def test_a_frame_of_one_grey_is_left_out(film, grey):
    framed = np.pad(film(1, (200, 160)), ((30, 50), (20, 70)), constant_values=grey)
    assert _kept(framed) == (20, 30, 180, 230)


def test_a_film_without_borders_is_kept_whole(film):
    assert content_box(film(1)) == (0.0, 0.0, 1.0, 1.0)


def test_letters_and_grain_on_a_border_do_not_hide_it(film):
    framed = np.pad(film(1, (200, 200)), 50, constant_values=0.0)
    framed[10:16, 20:26] = 1.0
    framed += np.random.default_rng(0).normal(0, 0.005, framed.shape)
    assert _kept(np.clip(framed, 0, 1)) == pytest.approx((50, 50, 250, 250), abs=1)


def test_a_white_abdomen_is_no_border(film):
    pixels = film(1, (200, 200)).copy()
    pixels[150:] = 1.0
    assert content_box(pixels) == (0.0, 0.0, 1.0, 1.0)


def test_bars_on_two_sides_are_left_out_in_any_grey(film):
    barred = np.pad(film(2, (100, 120)), ((25, 25), (0, 0)), constant_values=0.6)
    assert _kept(barred) == (0, 25, 120, 125)


def test_next_to_nothing_is_kept_whole(film):
    speck = np.pad(film(1, (40, 40)), 200, constant_values=0.0)
    assert content_box(speck) == (0.0, 0.0, 1.0, 1.0)
    assert content_box(np.zeros((64, 64), np.float32)) == (0.0, 0.0, 1.0, 1.0)


def test_large_films_are_measured_on_fewer_lines(film):
    framed = np.pad(film(1, (900, 900)), 300, constant_values=0.0)
    assert _kept(framed) == pytest.approx((300, 300, 1200, 1200), abs=6)
