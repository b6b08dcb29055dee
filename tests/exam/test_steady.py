from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest

from covidweb.exam.steady import CHANGES, MOVED, bordered, steadiness, tilted
from covidweb.radiograph import read_radiograph
from covidweb.screening.result import ModelId, ScreeningResult

ID = ModelId("drawn", "0" * 64)


class Screener:
    """Stands in: the probability is a function of the pixels; None is not assessed."""

    name, sha256 = "drawn", "0" * 64

    def __init__(self, probability):
        self.probability = probability

    def screen_many(self, films):
        found = [self.probability(film.pixels) for film in films]
        return [
            ScreeningResult("ok" if p is not None else "not_assessed", 0.5, ID, probability=p)
            for p in found
        ]


@pytest.fixture
def films(film_png):
    return [read_radiograph(film_png(i)) for i in range(4)]


def test_an_answer_that_borders_cannot_move_is_steady(films):
    found = steadiness(Screener(lambda pixels: 0.7), films, ["a", "a", "b", "c"])
    assert found.n == 4 and found.not_assessed == 0 and set(found.changes) == set(CHANGES)
    for change in found.changes.values():
        assert change.n == 4 and change.lost == 0
        assert change.within["value"] == 1 and change.move_p95 == 0


def test_what_moves_and_what_is_lost_is_counted(films):
    def probability(pixels):
        if pixels.shape == (256, 256):
            return 0.5
        return None if pixels[0, 0] == 1.0 else 0.5 + 2 * MOVED

    found = steadiness(Screener(probability), films, list("abcd")).changes
    assert found["black_border"].within["value"] == 0
    assert found["black_border"].move_p95 == pytest.approx(2 * MOVED)
    assert found["white_border"].lost == 4 and found["white_border"].within is None
    assert found["tilted_clockwise"].within["value"] == 1


def test_the_move_that_is_told_is_the_95th_percentile(films):
    moves = cycle((0.0, 0.1, 0.2, 0.3))

    def probability(pixels):
        return 0.5 if pixels.shape == (256, 256) else 0.5 + next(moves)

    found = steadiness(Screener(probability), films, list("abcd")).changes
    assert found["black_border"].move_p95 == pytest.approx(0.285)


def test_films_that_were_not_assessed_do_not_count(films):
    found = steadiness(Screener(lambda pixels: None), films, list("abcd"))
    assert found.not_assessed == 4
    assert all(change.n == 0 and change.lost == 0 for change in found.changes.values())


def test_borders_and_tilts_are_what_they_say(films):
    pixels = films[0].pixels
    framed = bordered(pixels, 0.25, 0.5, 0.0, 0.0, 0.3)
    assert framed.shape == (384, 320)
    np.testing.assert_array_equal(framed[128:, 64:], pixels)
    assert np.all(framed[:128] == np.float32(0.3))
    assert tilted(pixels, 10, whole=False).shape == pixels.shape
    assert tilted(pixels, 10, whole=True).shape[0] > pixels.shape[0]
    # Clockwise: what was at the top middle comes to lie further right.
    spot = np.zeros((101, 101), np.float32)
    spot[10, 50] = 1
    assert np.argmax(tilted(replace(films[0], pixels=spot).pixels, 30, whole=False)) % 101 > 60
