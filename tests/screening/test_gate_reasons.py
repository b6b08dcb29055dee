"""The gate's checks of a film: each reason is the true one."""

from dataclasses import replace

import numpy as np
import pytest

from covidweb.networks.standard import reading_copy
from covidweb.radiograph import Radiograph
from covidweb.radiograph.views import VIEWS
from covidweb.screening.gate import (
    Gate,
    admits_text,
    check_alone,
    grey_levels,
    lung_brightness,
)
from covidweb.screening.regions import NOTHING, Lungs

SIDE = 96


@pytest.fixture
def chest(film):
    return _film(film(3, size=(300, 260)))


@pytest.fixture
def lungs():
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    right, left = (((x - c) / 0.15) ** 2 + ((y - 0.47) / 0.32) ** 2 < 1 for c in (0.3, 0.7))
    return Lungs(right, left, True)


def _film(pixels, **facts):
    return Radiograph(np.asarray(pixels, np.float32), pixels.shape[::-1], "", "PNG", **facts)


def _failed(film, lungs=None, gate=None, features=None):
    return {
        f.name: f.message for f in (gate or Gate()).check(film, lungs, features) if not f.passed
    }


def _painted(film, lungs, right=None, left=None):
    """The film with lungs of another grey."""
    pixels = film.pixels.copy()
    rows, columns = (np.arange(n) * SIDE // n for n in pixels.shape)
    for lung, grey in ((lungs.right, right), (lungs.left, left)):
        if grey is not None:
            pixels[lung[np.ix_(rows, columns)]] = grey
    return replace(film, pixels=pixels)


def test_a_plain_film_passes(chest, lungs):
    assert _failed(chest, lungs) == {}


@pytest.mark.parametrize("view", VIEWS)
def test_only_frontal_views_pass_and_the_others_are_named(chest, lungs, view):
    failed = _failed(replace(chest, view=view), lungs)
    if view in ("PA", "AP"):
        assert failed == {}
    else:
        assert VIEWS[view] in failed["frontal"]


def test_another_part_of_the_body_is_named(chest, lungs):
    assert "HAND" in _failed(replace(chest, body_part="HAND"), lungs)["chest"]


@pytest.mark.parametrize("white", [0.75, 0.85, 1.0])
@pytest.mark.parametrize("sides", [("right",), ("left",)])
def test_a_white_lung_is_not_inverted(chest, lungs, white, sides):
    assert "polarity" not in _failed(_painted(chest, lungs, **dict.fromkeys(sides, white)), lungs)


def test_two_white_lungs_are_not_inverted(chest, lungs):
    assert "polarity" not in _failed(_painted(chest, lungs, 0.72, 0.72), lungs)


def test_an_inverted_film_is(chest, lungs):
    inverted = replace(chest, pixels=1 - chest.pixels)
    assert "inverted" in _failed(inverted, lungs)["polarity"]
    assert lung_brightness(inverted, lungs) > 0.2


def test_without_lungs_to_compare_nothing_is_said_of_polarity(chest, lungs):
    none = np.zeros_like(lungs.right)
    assert lung_brightness(chest, Lungs(none, none, True)) == 0


def test_blankness_is_looked_for_in_the_lungs_and_not_in_borders_or_markers(chest, lungs):
    blank = np.full((300, 260), 0.5, np.float32)
    blank[:20], blank[-20:], blank[:, :15], blank[:, -15:] = 0, 0, 0, 0
    blank[22:40, 20:60] = 1
    assert blank.std() > 0.1
    assert "lungs has the same" in _failed(_film(blank), lungs)["contrast"]
    assert "middle has the same" in _failed(_film(blank))["contrast"]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_film_of_few_levels_is_named(chest, lungs, count):
    few = np.round(chest.pixels * (count - 1)) / (count - 1)
    assert "hardly any grey levels" in _failed(_film(few), lungs)["levels"]


def test_a_dithered_film_is_one_of_few_levels(chest, lungs):
    noise = np.random.default_rng(0).random(chest.pixels.shape)
    assert "levels" in _failed(_film((chest.pixels > noise).astype(np.float32)), lungs)


def test_grey_levels_are_those_of_the_stored_film_which_shrinking_would_add_to(chest):
    noise = np.random.default_rng(0).random((900, 780))
    grown = np.kron(chest.pixels, np.ones((3, 3), np.float32))
    stored = _film((grown > noise).astype(np.float32))
    read = reading_copy(stored)
    assert grey_levels(read.pixels) > 6
    failed = {f.name: f for f in check_alone(read, stored) if not f.passed}
    assert list(failed) == ["levels"]
    assert check_alone(stored) == check_alone(stored, stored)


def test_a_large_border_takes_no_levels_away(chest, lungs):
    bordered = np.pad(chest.pixels, 300)
    assert grey_levels(bordered) == pytest.approx(grey_levels(chest.pixels), rel=0.1)
    assert "levels" not in _failed(_film(bordered))


def test_sixteen_levels_are_enough(chest, lungs):
    assert "levels" not in _failed(_film(np.round(chest.pixels * 15) / 15), lungs)


def test_a_missing_lung_finder_is_the_reason_and_no_other(chest):
    features = np.full(4, 9.0)
    gate = Gate(np.zeros(4), np.eye(4), 1.0, needs_lungs=True)
    assert list(_failed(chest, None, gate, features)) == ["lungs"]
    assert "lung finder is missing" in _failed(chest, None, gate, features)["lungs"]
    assert "familiar" in _failed(chest, None, replace(gate, needs_lungs=False), features)


def test_burnt_in_text_is_told_and_turns_no_film_away(chest, lungs):
    told = Gate().check(replace(chest, burnt_in=True), lungs, None)
    assert admits_text(told) and all(finding.passed for finding in told)
    assert not admits_text(Gate().check(chest, lungs, None))


def test_a_film_without_lungs_is_told_so_once(chest, lungs):
    none = Lungs(np.zeros_like(lungs.mask), np.zeros_like(lungs.mask), False, NOTHING)
    assert _failed(chest, none)["lungs"] == NOTHING
