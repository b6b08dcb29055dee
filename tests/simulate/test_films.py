import numpy as np
import pytest

from covidweb.simulate import sample_films, simulate_film

SIZE = 160
SEEDS = range(4, 12)


@pytest.fixture(scope="module")
def pairs():
    """For each seed the healthy and the sick film of one chest."""
    return [(simulate_film(s, False, SIZE), simulate_film(s, True, SIZE)) for s in SEEDS]


def test_a_seed_draws_the_same_film_again(pairs):
    again = simulate_film(SEEDS[3], True, SIZE)
    for name in ("pixels", "right", "left", "opacity"):
        assert np.array_equal(getattr(again, name), getattr(pairs[3][1], name))
    assert (again.view, again.sex) == (pairs[3][1].view, pairs[3][1].sex)


def test_seeds_draw_different_chests(pairs):
    means = {round(float(healthy.pixels.mean()), 4) for healthy, _ in pairs}
    assert len(means) == len(pairs)
    assert {healthy.view for healthy, _ in pairs} == {"PA", "AP"}
    assert {healthy.sex for healthy, _ in pairs} == {"F", "M"}


def test_shapes_types_and_ranges(pairs):
    for film in [film for pair in pairs for film in pair]:
        assert max(film.pixels.shape) == SIZE
        assert film.pixels.dtype == film.opacity.dtype == np.float32
        assert film.pixels.min() >= 0 and film.pixels.max() <= 1
        assert film.opacity.min() >= 0 and film.opacity.max() <= 1
        for mask in (film.lung_mask, film.right, film.left):
            assert mask.dtype == bool and mask.shape == film.pixels.shape


def test_the_patients_right_lung_is_on_the_images_left(pairs):
    for film, _ in pairs:
        columns = np.arange(film.pixels.shape[1])
        right = (film.right.sum(axis=0) * columns).sum() / film.right.sum()
        left = (film.left.sum(axis=0) * columns).sum() / film.left.sum()
        assert right < left
        assert not (film.right & film.left).any()
        assert np.array_equal(film.right | film.left, film.lung_mask)


def test_lungs_take_a_chests_share_and_are_darker_than_the_middle(pairs):
    for film, _ in pairs:
        assert 0.15 < film.lung_mask.mean() < 0.6
        rows = np.flatnonzero(film.lung_mask.any(axis=1))
        between = ~film.lung_mask[rows[len(rows) // 2]]
        between[: np.flatnonzero(film.right[rows[len(rows) // 2]])[0]] = False
        between[np.flatnonzero(film.left[rows[len(rows) // 2]])[-1] :] = False
        middle = film.pixels[rows[len(rows) // 2]][between]
        assert np.median(film.pixels[film.lung_mask]) < np.median(middle) - 0.1


def test_the_left_lung_reaches_behind_the_heart(pairs):
    """The convention `with_retrocardiac`: pale pixels near the middle belong to the left lung."""
    for film, _ in pairs:
        rows = np.flatnonzero(film.left.any(axis=1))
        low = film.left[rows[int(0.7 * len(rows))]]
        inner = np.flatnonzero(low)[: int(0.3 * low.sum())]
        grey = film.pixels[rows[int(0.7 * len(rows))]]
        assert grey[inner].mean() > np.median(film.pixels[film.left]) + 0.1


def test_opacities_lie_in_the_lungs_of_the_sick_and_nowhere_else(pairs):
    for healthy, sick in pairs:
        assert not healthy.opacity.any() and healthy.label == "normal"
        assert not sick.opacity[~sick.lung_mask].any() and sick.label == "covid"
        assert 0.02 < (sick.opacity > 0.2)[sick.lung_mask].mean() < 0.95


def test_the_pair_differs_in_its_opacities_and_nothing_else(pairs):
    for healthy, sick in pairs:
        assert np.array_equal(healthy.lung_mask, sick.lung_mask)
        change = sick.pixels - healthy.pixels
        dense = sick.opacity > 0.5
        clear = sick.lung_mask & (sick.opacity == 0)
        assert change[dense].mean() > 0.04
        assert abs(change[clear].mean()) < 0.02
        assert abs(change[~sick.lung_mask].mean()) < 0.02


def test_denser_opacities_are_paler(pairs):
    slopes = []
    for healthy, sick in pairs:
        inside = sick.lung_mask
        change = (sick.pixels - healthy.pixels)[inside]
        slopes.append(np.corrcoef(sick.opacity[inside], change)[0, 1])
    assert np.median(slopes) > 0.6


def test_one_film_is_the_same_chest_at_any_size():
    small, large = simulate_film(5, False, 128), simulate_film(5, False, 256)
    assert abs(small.lung_mask.mean() - large.lung_mask.mean()) < 0.01


def test_samples_are_half_sick_and_made_once():
    films = sample_films(6)
    assert [film.covid for film in films] == [True, False] * 3
    assert sample_films(6) is films
