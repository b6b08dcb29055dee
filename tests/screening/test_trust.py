from dataclasses import replace

import numpy as np
import pytest

from covidweb.radiograph import Radiograph, read_radiograph
from covidweb.screening.regions import on_film
from covidweb.screening.result import ModelId, ScreeningResult
from covidweb.screening.trust import (
    SHIFT,
    Change,
    Stability,
    advice,
    agreement,
    changes,
    stability,
    working_copy,
)

RESULT = ScreeningResult(
    "ok",
    0.5,
    ModelId("made-up", "0" * 64),
    "covid",
    0.8,
    heatmap=np.ones((4, 4), np.float32),
    lung_mask=np.ones((8, 8), bool),
    lung_share=0.8,
    lung_ratio=1.6,
)


def shrunk(pixels, side=16):
    step = pixels.shape[0] // side
    return pixels.reshape(side, step, side, step).mean(axis=(1, 3))


class Screener:
    """Answers with a function of the pixels; its map is the film itself, made small."""

    def __init__(self, probability, grid=None):
        self.probability, self.grid = probability, grid

    def screen_many(self, films):
        return [self._answer(film) for film in films]

    def _answer(self, film):
        p = self.probability(film.pixels)
        if p is None:
            return replace(RESULT, status="not_assessed", verdict=None, probability=None)
        grid = self.grid(film.pixels) if self.grid else shrunk(film.pixels)
        verdict = "covid" if p >= 0.5 else "normal"
        return replace(RESULT, verdict=verdict, probability=p, heatmap=grid)


@pytest.fixture
def radiograph(film_png):
    return read_radiograph(film_png(3))


def test_every_change_is_small_and_in_range(radiograph):
    made = list(changes(radiograph))
    assert len({title for title, _, _ in made}) == 7
    for _, film, _ in made:
        assert film.pixels.shape == radiograph.pixels.shape
        assert film.pixels.dtype == np.float32
        assert film.pixels.min() >= 0 and film.pixels.max() <= 1
        assert 0 < np.abs(film.pixels - radiograph.pixels).mean() < 0.2


def test_a_shift_moves_the_film_by_what_it_says(radiograph):
    moved = {title: (film, move) for title, film, move in changes(radiograph)}
    film, move = moved["Moved 2% right"]
    pixels = round(SHIFT * radiograph.pixels.shape[1])
    assert move == (SHIFT, 0.0)
    np.testing.assert_array_equal(film.pixels[:, pixels:], radiograph.pixels[:, :-pixels])


def test_a_map_that_moves_with_the_film_agrees_whichever_way_it_moves():
    """The film is one bright blob, and the map is the film: moved back, they are the same."""
    y, x = np.mgrid[0:512, 0:512] / 512
    blob = np.exp(-(((x - 0.4) / 0.05) ** 2) - ((y - 0.6) / 0.05) ** 2).astype(np.float32)
    film = Radiograph(0.02 + 0.9 * blob, (512, 512), "", "PNG")
    found = stability(Screener(lambda pixels: 0.8, lambda pixels: shrunk(pixels, 128)), film)
    moved = [c for c in found.changes if c.title.startswith("Moved")]
    assert len(moved) == 4
    assert min(c.map_agreement for c in moved) > 0.99


def test_a_steady_answer_is_called_steady(radiograph):
    found = stability(Screener(lambda pixels: 0.8), radiograph)
    assert found.steady and found.steady_map and found.flips == 0
    assert found.span == (0.8, 0.8)
    assert found.lowest_agreement > 0.9
    assert advice(RESULT, found).level == "fair"


def test_an_answer_that_turns_with_brightness_is_not(radiograph):
    mean = float(radiograph.pixels.mean())
    found = stability(Screener(lambda p: 0.7 if p.mean() >= mean - 0.01 else 0.3), radiograph)
    assert not found.steady and found.flips == 1
    said = advice(RESULT, found)
    assert said.level == "doubt" and "across the threshold" in said.reasons[0]


def test_maps_are_compared_where_they_lie_on_the_film(radiograph):
    corner = np.zeros((16, 16), np.float32)
    corner[2, 2] = 1

    def fixed(pixels):
        return corner

    found = stability(Screener(lambda p: 0.8, fixed), radiograph)
    by_title = {c.title: c.map_agreement for c in found.changes}
    assert by_title["Brighter"] == pytest.approx(1)
    assert by_title["Moved 2% right"] < 0.97

    noise = iter(np.random.default_rng(0).random((9, 16, 16)))
    found = stability(Screener(lambda p: 0.8, lambda p: next(noise)), radiograph)
    assert not found.steady_map
    assert "map moves" in advice(RESULT, found).reasons[0]


def test_a_changed_film_that_is_turned_away_is_not_steady(radiograph):
    first = radiograph.pixels
    found = stability(Screener(lambda p: 0.8 if p is first else None), radiograph)
    assert not found.steady
    assert found.lowest_agreement is None and found.steady_map


def test_a_film_that_is_not_assessed_has_no_stability(radiograph):
    assert stability(Screener(lambda p: None), radiograph) is None


@pytest.mark.parametrize(
    ("result", "options", "level", "said"),
    [
        (RESULT, {}, "fair", ""),
        (replace(RESULT, lung_ratio=0.7), {}, "doubt", "0.7 times"),
        (replace(RESULT, lung_share=0.4), {}, "doubt", "Only 40%"),
        (RESULT, {"known": True}, "care", "learned from this very film"),
        (RESULT, {"edges_only": True}, "care", "edges"),
        (RESULT, {"unseen": True}, "care", "hold elsewhere"),
        (replace(RESULT, status="uncertain"), {}, "care", "often wrong"),
        (replace(RESULT, lung_mask=None, lung_share=None, lung_ratio=None), {}, "care", "outlined"),
    ],
)
def test_the_advice_names_its_reason(result, options, level, said):
    found = advice(result, **options)
    assert found.level == level
    assert said in " ".join(found.reasons)


def test_stability_without_changes_is_steady():
    assert Stability(0.4, ()).steady
    assert not Stability(0.4, (Change("x", 0.6, None, True),)).steady


def test_a_grid_lands_in_its_box():
    full = on_film(np.ones((4, 4), np.float32), (0.25, 0.5, 0.75, 1.0), (8, 8))
    expected = np.zeros((8, 8))
    expected[4:8, 2:6] = 1
    np.testing.assert_allclose(full, expected)


def test_agreement_of_flat_maps_is_unknown():
    ramp = np.arange(16.0).reshape(4, 4)
    assert agreement(ramp, ramp) == pytest.approx(1)
    assert agreement(ramp, -ramp) == pytest.approx(-1)
    assert agreement(ramp, np.ones((4, 4))) is None


def test_large_films_are_shrunk_and_small_ones_left_alone(radiograph):
    assert working_copy(radiograph) is radiograph
    small = working_copy(radiograph, 64)
    assert small.pixels.shape == (64, 64) and small.original_size == radiograph.original_size
