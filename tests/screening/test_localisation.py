import numpy as np
import pytest

from covidweb.screening.localisation import chance, hit, points_at

WHOLE = (0.0, 0.0, 1.0, 1.0)


@pytest.fixture
def opacity() -> np.ndarray:
    """A quarter of a film of 40 x 60 pixels: its lower right."""
    mask = np.zeros((40, 60), np.float32)
    mask[20:, 30:] = 1.0
    return mask


def peak(row: int, column: int) -> np.ndarray:
    grid = np.zeros((8, 8), np.float32)
    grid[row, column] = 1.0
    return grid


def test_even_evidence_scores_one_and_points_nowhere(opacity):
    assert hit(np.ones((8, 8)), WHOLE, opacity) == pytest.approx(1.0)
    assert not points_at(np.ones((8, 8)), WHOLE, opacity)


def test_evidence_within_scores_the_inverse_of_the_area(opacity):
    assert hit(peak(6, 6), WHOLE, opacity) == pytest.approx(4.0)
    assert points_at(peak(6, 6), WHOLE, opacity)


@pytest.mark.parametrize("place", [(1, 1), (1, 6), (6, 1)])
def test_evidence_elsewhere_scores_nothing(opacity, place):
    assert hit(peak(*place), WHOLE, opacity) == 0.0
    assert not points_at(peak(*place), WHOLE, opacity)


def test_the_box_moves_the_evidence(opacity):
    right_half = (0.5, 0.0, 1.0, 1.0)
    assert hit(np.ones((8, 8)), right_half, opacity) == pytest.approx(1.0)
    assert points_at(peak(7, 0), right_half, opacity)
    assert not points_at(peak(7, 0), (0.0, 0.0, 0.5, 1.0), opacity)


def test_an_empty_or_broken_map_scores_nothing(opacity):
    for grid in (np.zeros((8, 8)), np.full((8, 8), np.nan), np.full((8, 8), -1.0)):
        assert hit(grid, WHOLE, opacity) == 0.0
        assert not points_at(grid, WHOLE, opacity)


def test_an_opacity_outside_the_box_scores_nothing(opacity):
    assert hit(np.ones((8, 8)), (0.0, 0.0, 0.4, 0.4), opacity) == 0.0


def test_chance_is_the_opacitys_share_of_the_region(opacity):
    assert chance(WHOLE, opacity, np.ones(opacity.shape, bool)) == pytest.approx(0.25)
    assert chance(WHOLE, opacity, opacity > 0) == 1.0
    assert chance((0.0, 0.0, 0.4, 0.4), opacity, opacity > 0) == 0.0
