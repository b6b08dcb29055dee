"""Films drawn again as another machine might have taken them."""

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import draw_film

from covidweb.networks.classifier import build_classifier
from covidweb.training.classifier.copies import copied_films, copies_features
from covidweb.training.classifier.pool import CUT_OUT, Pool
from covidweb.training.classifier.train import features_of

SIZE, FILMS = 64, 8


@pytest.fixture(scope="module")
def pool() -> Pool:
    rows = pd.DataFrame({"set": ["train_pool"] * 6 + [CUT_OUT] * 2})
    films = np.stack([draw_film(i, (SIZE, SIZE)) for i in range(FILMS)])
    crops = np.stack([films * 255, (films < 0.33) * 255], -1).astype(np.uint8)
    frames = np.tile(np.array([0.05, 0.05, 0.95, 0.95], np.float32), (FILMS, 1))
    return Pool(rows, crops, frames, crops, np.ones(FILMS, bool), np.zeros((0, 5), np.float32))


def test_films_cut_out_upstream_are_not_drawn_again(pool: Pool) -> None:
    index = np.array([1, 3, 5, 6, 7])
    np.testing.assert_array_equal(copied_films(pool, index, 0), [1, 3, 5])


def test_copies_are_the_same_for_a_seed_and_no_films_as_they_are(pool: Pool) -> None:
    keras.utils.set_random_seed(0)
    model, index = build_classifier(SIZE, 4), np.array([0, 2, 4])
    one, two = (copies_features(model, pool, index, 1, SIZE) for _ in range(2))
    other = copies_features(model, pool, index, 2, SIZE)
    plain = features_of(model, pool, index)
    assert one.shape == plain.shape == (3, 9) and one.dtype == np.float64
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-6 and np.abs(one - plain).max() > 1e-6
