"""Regions: sides, zones, clean-up, lone lungs and the evidence in them."""

import numpy as np
import pytest

from covidweb.screening.regions import Lungs, clean, evidence_by_zone, lung_share, on_film, zones
from covidweb.screening.result import WHOLE_FILM, ZONES

SIZE = 96


def ellipse(column: float, row: float = 0.5, wide: float = 0.13, high: float = 0.3) -> np.ndarray:
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE
    return ((x - column) / wide) ** 2 + ((y - row) / high) ** 2 <= 1


def soft(*pieces: np.ndarray) -> np.ndarray:
    return np.clip(np.sum(pieces, axis=0), 0, 1).astype(np.float32) * 0.98


def pair() -> Lungs:
    return clean(soft(ellipse(0.3), ellipse(0.7)))


def test_the_films_left_side_is_the_patients_right():
    lungs = pair()
    assert lungs.plausible and not lungs.note
    assert np.array_equal(lungs.right, ellipse(0.3))
    assert np.array_equal(lungs.left, ellipse(0.7))
    assert np.array_equal(lungs.mask, ellipse(0.3) | ellipse(0.7))


def test_holes_are_filled_and_specks_dropped():
    holed = ellipse(0.3) & ~ellipse(0.3, 0.5, 0.04, 0.06)
    lungs = clean(soft(holed, ellipse(0.7), ellipse(0.5, 0.95, 0.03, 0.03)))
    assert np.array_equal(lungs.mask, pair().mask)


def test_a_piece_above_a_lung_is_not_taken_for_the_other_lung():
    lungs = clean(
        soft(
            ellipse(0.3, 0.7, 0.13, 0.2), ellipse(0.3, 0.2, 0.1, 0.15), ellipse(0.7, 0.7, 0.1, 0.2)
        )
    )
    assert lungs.left[:, SIZE // 2 :].any() and not lungs.left[:, : SIZE // 2].any()


def test_touching_lungs_are_cut_where_they_are_thinnest():
    bridge = np.zeros((SIZE, SIZE), bool)
    bridge[40:46, 30:66] = True
    lungs = clean(soft(ellipse(0.3), ellipse(0.7), bridge))
    assert lungs.plausible
    assert lungs.right.sum() == pytest.approx(lungs.left.sum(), rel=0.1)
    assert not (lungs.right & lungs.left).any()


@pytest.mark.parametrize(("column", "found"), [(0.3, "right"), (0.7, "left")])
def test_a_lone_lung_is_mirrored_and_said(column, found):
    lungs = clean(soft(ellipse(column)))
    assert lungs.plausible
    assert f"patient's {found} lung" in lungs.note and "mirrored" in lungs.note
    assert np.array_equal(getattr(lungs, found), ellipse(column))
    other = lungs.left if found == "right" else lungs.right
    assert other.sum() > 0.8 * ellipse(column).sum()
    assert not (lungs.right & lungs.left).any()


@pytest.mark.parametrize(
    "probability",
    [
        np.zeros((SIZE, SIZE), np.float32),
        np.ones((SIZE, SIZE), np.float32),
        0.6 * soft(ellipse(0.3), ellipse(0.7)) / 0.98,
        soft(ellipse(0.3, 0.2, 0.1, 0.15), ellipse(0.7, 0.8, 0.1, 0.15)),
        soft(ellipse(0.3, 0.5, 0.14, 0.45), ellipse(0.75, 0.5, 0.07, 0.17)),
        soft(ellipse(0.5, 0.5, 0.4, 0.06)),
    ],
    ids=["nothing", "everything", "unsure", "diagonal", "unequal", "flat"],
)
def test_what_is_no_pair_of_lungs_is_implausible_and_says_why(probability):
    lungs = clean(probability)
    assert not lungs.plausible
    assert lungs.note.endswith(".")


def test_proportions_are_those_of_the_film():
    flat = soft(ellipse(0.3, 0.5, 0.17, 0.16), ellipse(0.7, 0.5, 0.17, 0.16))
    assert clean(flat, aspect=0.7).plausible
    assert not clean(flat, aspect=1.6).plausible


def test_zones_are_thirds_of_each_lungs_own_height():
    low = clean(soft(ellipse(0.3), ellipse(0.7, 0.6, 0.13, 0.2)))
    found = zones(low)
    assert tuple(found) == ZONES
    assert np.array_equal(np.any(list(found.values()), axis=0), low.mask)
    assert sum(zone.sum() for zone in found.values()) == low.mask.sum()
    for side in ("right", "left"):
        heights = [
            np.ptp(np.flatnonzero(found[f"{side}_{level}"].any(axis=1))) + 1
            for level in ("upper", "middle", "lower")
        ]
        assert max(heights) - min(heights) <= 1
    middle = np.flatnonzero(found["left_middle"].any(axis=1)).mean() / SIZE
    assert middle == pytest.approx(0.6, abs=0.02)


def test_evidence_lands_in_the_zone_it_lies_in():
    lungs = pair()
    grid = np.zeros((8, 8), np.float32)
    grid[2, 2] = 3.0
    shares = evidence_by_zone(grid, WHOLE_FILM, lungs)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "right_upper"
    inside, ratio = lung_share(grid, WHOLE_FILM, lungs)
    assert inside > 0.7 and ratio > 2


def test_the_box_moves_the_evidence():
    lungs = pair()
    grid = np.zeros((8, 8), np.float32)
    grid[6, 1] = 1.0
    whole = evidence_by_zone(grid, WHOLE_FILM, lungs)
    right_half = evidence_by_zone(grid, (0.5, 0.2, 1.0, 0.8), lungs)
    assert whole["left_lower"] == 0
    assert right_half["left_lower"] > 0.9


def test_even_evidence_has_ratio_one_in_any_box():
    for box in (WHOLE_FILM, (0.1, 0.15, 0.9, 0.85)):
        _, ratio = lung_share(np.ones((7, 7), np.float32), box, pair())
        assert ratio == pytest.approx(1, abs=1e-6)


def test_no_evidence_gives_zeros_not_nan():
    nothing = np.zeros((7, 7), np.float32)
    assert set(evidence_by_zone(nothing, WHOLE_FILM, pair()).values()) == {0.0}
    assert lung_share(nothing, WHOLE_FILM, pair()) == (0.0, 0.0)


def test_the_grid_is_placed_by_the_centres_of_its_cells():
    assert np.allclose(on_film(np.arange(4.0).reshape(2, 2), WHOLE_FILM, (2, 2)), [[0, 1], [2, 3]])
    placed = on_film(np.ones((3, 3)), (0.5, 0.0, 1.0, 0.5), (8, 8))
    assert placed[:4, 4:].min() == 1 and placed.sum() == 16
