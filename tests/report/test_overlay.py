"""The overlay shows the evidence where it is, and nothing where there is none."""

from dataclasses import replace

import numpy as np
import pytest

from covidweb.report import colour_bar, overlay
from covidweb.report.overlay import COLOUR_MAPS, colours, evidence_map, film_image
from covidweb.screening.placement import Placement, lay

CYAN = (80, 220, 255)


def _glow(picture, film):
    """How far each pixel is from the bare film, summed over the channels."""
    bare = np.asarray(film_image(film).convert("RGB"), float)
    return np.abs(np.asarray(picture, float) - bare).sum(axis=-1)


def test_it_glows_most_where_the_evidence_is(make_film, make_result):
    film = make_film()
    glow = _glow(overlay(film, make_result(), opacity=1), film)
    row, column = np.unravel_index(glow.argmax(), glow.shape)
    assert 0.7 <= row / 200 <= 0.8 and 0.3 <= column / 160 <= 0.4


def test_nothing_glows_where_there_is_no_evidence(make_film, make_result):
    film = make_film()
    glow = _glow(overlay(film, make_result(), opacity=1), film)
    assert glow[:100].max() == 0 and glow[:, 100:].max() == 0


@pytest.mark.parametrize(
    "changes", [{"heatmap": None}, {"heatmap_scale": 0.0}, {"heatmap": np.zeros((4, 4))}]
)
def test_without_evidence_the_film_is_bare(make_film, make_result, changes):
    film = make_film()
    assert _glow(overlay(film, make_result(**changes), opacity=1), film).max() == 0


def test_the_scale_is_absolute(make_film, make_result):
    film, strong = make_film(), make_result()
    faint = replace(strong, heatmap=strong.heatmap * 0.05)
    loud = replace(strong, heatmap=strong.heatmap * 10)
    glows = [_glow(overlay(film, r, opacity=1), film).max() for r in (faint, strong, loud)]
    assert 0 < glows[0] < 0.15 * glows[1]
    assert glows[2] >= glows[1]
    assert evidence_map(faint, (160, 200)).max() == pytest.approx(0.05, rel=0.2)


def test_evidence_is_never_drawn_above_its_value(make_result):
    grid = np.zeros((8, 8), np.float32)
    grid[:, :4] = 0.25
    evidence = evidence_map(make_result(heatmap=grid), (400, 400))
    assert evidence.max() <= 0.5 and evidence.min() >= 0


def test_the_grid_stays_in_its_box(make_result):
    result = make_result(heatmap=np.full((3, 3), 0.5), heatmap_box=(0.25, 0.5, 0.75, 1.0))
    evidence = evidence_map(result, (80, 40))
    expected = np.zeros((40, 80))
    expected[20:, 20:60] = 1
    np.testing.assert_allclose(evidence, expected, atol=1e-6)


def test_broken_values_of_the_grid_do_not_glow(make_result):
    evidence = evidence_map(make_result(heatmap=np.full((3, 3), np.nan)), (30, 30))
    assert np.nan_to_num(evidence, nan=9).max() == 0


def test_opacity_zero_shows_the_film(make_film, make_result):
    film = make_film()
    assert _glow(overlay(film, make_result(), opacity=0), film).max() == 0


def test_the_outline_runs_along_the_lungs(make_film, make_result):
    film, result = make_film(size=(200, 200)), make_result(heatmap=None)
    drawn = np.asarray(overlay(film, result, outline=True))
    line = (drawn == CYAN).all(axis=-1)
    assert line[40, 60] and line[159, 60] and line[100, 30] and line[100, 89]
    assert not line[100, 45] and not line[100, 100] and not line[:38].any()
    assert not (np.asarray(overlay(film, result)) == CYAN).all(axis=-1).any()


def test_zone_lines_lie_where_zones_touch(make_film, make_result):
    film, result = make_film(size=(200, 200)), make_result(heatmap=None)
    line = (np.asarray(overlay(film, result, zones=True)) == CYAN).all(axis=-1)
    rows, columns = np.nonzero(line)
    assert set(rows) <= {79, 80, 119, 120}
    assert line.any(axis=1).sum() == 2
    assert set(columns) == {*range(30, 90), *range(110, 170)}


def test_zone_lines_follow_each_lungs_own_thirds(make_film, make_result):
    """A lower left lung has lower lines: they are not cut through both lungs at one height."""
    zones = make_result().zone_map.copy()
    zones[:, 50:] = np.roll(zones[:, 50:], 10, axis=0)
    result = make_result(heatmap=None, zone_map=zones)
    line = (np.asarray(overlay(make_film(size=(200, 200)), result, zones=True)) == CYAN).all(-1)
    assert np.flatnonzero(line[:, 60]).tolist() == [80, 120]
    assert np.flatnonzero(line[:, 140]).tolist() == [100, 140]


def test_without_lungs_no_lines_are_drawn(make_film, make_result):
    film, result = make_film(), make_result(heatmap=None, lung_mask=None, zone_map=None)
    assert _glow(overlay(film, result, outline=True, zones=True), film).max() == 0


def test_invert_turns_the_film_and_keeps_the_colours(make_film, make_result):
    film, result = make_film(), make_result()
    plain, turned = (np.asarray(overlay(film, result, 1, invert=i), float) for i in (False, True))
    np.testing.assert_allclose(plain[:80] + turned[:80], 255, atol=1)
    hottest = evidence_map(result, (160, 200)) > 0.999
    np.testing.assert_allclose(plain[hottest], turned[hottest], atol=1)


def test_the_window_stretches_grey_levels(make_film):
    film = make_film()
    shown = np.asarray(film_image(film, window=(0.2, 0.6)), float) / 255
    np.testing.assert_allclose(shown, np.clip((film.pixels - 0.2) / 0.4, 0, 1), atol=0.003)
    assert set(np.unique(film_image(film, window=(0.5, 0.5)))) == {0, 255}


def test_large_films_are_reduced_and_small_ones_kept(make_film, make_result):
    assert overlay(make_film(size=(80, 64)), make_result()).size == (64, 80)
    assert overlay(make_film(size=(600, 300)), make_result(), max_side=200).size == (100, 200)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_grow_brighter(name):
    rgb = colours(np.linspace(0, 1, 50)[None], name)[0]
    assert (np.diff(rgb @ [0.2126, 0.7152, 0.0722]) > 0).all()


def test_an_unknown_colour_map_is_refused():
    with pytest.raises(ValueError, match=r"Inferno.*jet"):
        colours(np.zeros((2, 2)), "jet")


def test_the_colour_bar_has_most_evidence_on_top():
    bar = np.asarray(colour_bar(), float)
    run = bar[44:344, 20].sum(axis=-1)
    assert run[0] > run[150] > run[-1]
    assert (bar[:, 48:] < 100).all(axis=-1).any(), "the labels are missing"


def test_a_tilted_film_is_drawn_as_it_was_read(make_film, make_result):
    film, tilt = make_film(), Placement(15.0)
    drawn = overlay(film, make_result(placement=tilt), opacity=1)
    laid = lay(film, tilt)
    assert drawn.size == laid.pixels.shape[::-1] != film.pixels.shape[::-1]
    assert drawn.tobytes() == overlay(laid, make_result(), opacity=1).tobytes()
