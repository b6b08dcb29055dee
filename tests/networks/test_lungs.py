"""The lung network's graph: shapes, range, preprocessing inside, size on disk."""

import numpy as np
import pytest

from covidweb.networks.lungs import build_lungs


@pytest.fixture(scope="module")
def network():
    import keras

    keras.utils.set_random_seed(0)
    return build_lungs(64, 8)


def test_the_map_has_the_films_grid_and_is_a_probability(network, film):
    films = np.stack([film(seed, size=(64, 64)) for seed in range(3)])[..., None]
    maps = np.asarray(network(films))
    assert maps.shape == (3, 64, 64, 1) and maps.dtype == np.float32
    assert maps.min() >= 0 and maps.max() <= 1 and maps.std() > 0


def test_brightness_and_contrast_are_taken_out_inside_the_graph(network, film):
    grey = film(1, size=(64, 64))[None, ..., None]
    plain = np.asarray(network(grey))
    assert np.allclose(plain, np.asarray(network(0.3 + 0.4 * grey)), atol=0.02)
    assert not np.allclose(plain, np.asarray(network(1 - grey)), atol=0.02)


def test_neighbours_in_a_batch_do_not_matter(network, film):
    films = np.stack([film(seed, size=(64, 64)) for seed in range(2)])[..., None]
    assert np.allclose(np.asarray(network(films))[:1], np.asarray(network(films[:1])), atol=1e-4)


def test_the_shuffled_head_keeps_neighbours_together():
    from keras import Input, Model

    from covidweb.networks.lungs import _pixel_shuffle

    entry = Input((2, 2, 4))
    shuffle = Model(entry, _pixel_shuffle(entry, 2))
    cells = np.zeros((1, 2, 2, 4), np.float32)
    cells[0, 0, 1] = [1, 2, 3, 4]
    found = np.asarray(shuffle(cells))[0, ..., 0]
    assert np.array_equal(found[:2, 2:], [[1, 2], [3, 4]]) and found.sum() == 10


@pytest.mark.parametrize("size", [0, -32, 100])
def test_a_size_that_cannot_be_halved_is_refused(size):
    with pytest.raises(ValueError, match=f"Received: size={size}"):
        build_lungs(size)


def test_the_full_network_is_small(tmp_path):
    path = tmp_path / "lungs.keras"
    build_lungs().save(path)
    assert path.stat().st_size < 8e6
