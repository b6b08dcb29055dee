import numpy as np
import pytest

from covidweb.errors import DataError
from covidweb.simulate.opacity import insert_opacity


def ellipse(size: int, column: float) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size] / size
    return ((columns - column) / 0.17) ** 2 + ((rows - 0.5) / 0.36) ** 2 < 1


@pytest.fixture
def lungs() -> np.ndarray:
    return ellipse(160, 0.28) | ellipse(160, 0.72)


@pytest.fixture
def chest(lungs: np.ndarray) -> np.ndarray:
    """A pale body with two darker lungs and fine grain."""
    grain = np.random.default_rng(1).normal(0, 0.01, lungs.shape)
    return (np.where(lungs, 0.3, 0.75) + grain).astype(np.float32)


def test_the_same_state_gives_the_same_film(chest, lungs):
    first = insert_opacity(chest, lungs, np.random.default_rng(7))
    again = insert_opacity(chest, lungs, np.random.default_rng(7))
    other = insert_opacity(chest, lungs, np.random.default_rng(8))
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("seed", range(12))
def test_only_the_lungs_change(chest, lungs, seed):
    film, extent = insert_opacity(chest, lungs, np.random.default_rng(seed))
    assert film.dtype == extent.dtype == np.float32
    assert np.array_equal(film[~lungs], chest[~lungs])
    assert not extent[~lungs].any()
    assert extent.min() >= 0 and extent.max() <= 1
    assert film.min() >= 0 and film.max() <= 1


@pytest.mark.parametrize("seed", range(12))
def test_the_opacity_is_brighter_and_of_the_stated_size(chest, lungs, seed):
    film, extent = insert_opacity(chest, lungs, np.random.default_rng(seed))
    change = film - chest
    assert change[extent > 0.5].mean() > change[lungs & (extent < 0.2)].mean() + 0.01
    assert 0.04 <= (extent[lungs] > 0.5).mean() <= 0.62


def test_strength_orders_the_films(chest, lungs):
    means = [
        insert_opacity(chest, lungs, np.random.default_rng(3), strength=strength)[0][lungs].mean()
        for strength in (0.2, 0.5, 1.0)
    ]
    assert chest[lungs].mean() < means[0] < means[1] < means[2]


def test_a_darker_film_is_lifted_in_its_own_terms(chest, lungs):
    pale, _ = insert_opacity(chest, lungs, np.random.default_rng(5), strength=0.8)
    dark, _ = insert_opacity(chest * 0.5, lungs, np.random.default_rng(5), strength=0.8)
    assert (dark - chest * 0.5)[lungs].mean() == pytest.approx(
        (pale - chest)[lungs].mean() / 2, rel=0.1
    )


def test_the_grain_is_neither_blurred_nor_doubled(chest, lungs):
    film, extent = insert_opacity(chest, lungs, np.random.default_rng(5), strength=0.8)
    where = (extent > 0.8)[1:, 1:]

    def grain(image):
        cross = image[1:, 1:] - image[:-1, 1:] - image[1:, :-1] + image[:-1, :-1]
        return float(cross[where].std())

    assert 0.85 < grain(film) / grain(chest) < 1.5


def test_a_mask_that_does_not_fit_is_refused(chest, lungs):
    with pytest.raises(DataError, match="Received: film"):
        insert_opacity(chest, lungs[:80], np.random.default_rng(0))
    with pytest.raises(DataError, match="with 0 pixels"):
        insert_opacity(chest, np.zeros_like(lungs), np.random.default_rng(0))
