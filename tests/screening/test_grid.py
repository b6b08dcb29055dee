"""Cells are drawn where they look."""

import numpy as np

from covidweb.screening.grid import whole_grid


def test_unpadded_convolutions_are_drawn_in_the_middle() -> None:
    grid = np.ones((2, 92, 92))
    whole = whole_grid(grid, 96)
    assert whole.shape == (2, 96, 96)
    assert (whole[:, 2:94, 2:94] == 1).all() and whole.sum() == grid.sum()


def test_coarse_cells_cover_the_input_as_they_are() -> None:
    grid = np.ones((14, 14))
    assert whole_grid(grid, 224) is grid
    assert whole_grid(np.ones((96, 96)), 96).shape == (96, 96)
