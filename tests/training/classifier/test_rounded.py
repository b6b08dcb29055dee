"""Kernels of 8 bits in a classifier that answers as it did."""

import re

import keras
import numpy as np
import pytest
from conftest import draw_film

from covidweb.networks.classifier import EIGHT_BITS, build_classifier, evidence_model
from covidweb.networks.eight_bits import in_eight_bits
from covidweb.networks.lite import converted, lite
from covidweb.training.classifier.rounded import rounded

SIZE = 96


@pytest.fixture(scope="module")
def films() -> np.ndarray:
    grey = np.stack([draw_film(seed, (SIZE, SIZE)) for seed in range(24)])
    return np.stack([grey, np.ones_like(grey)], axis=-1).astype(np.float32)


@pytest.fixture(scope="module")
def model(films: np.ndarray) -> keras.Model:
    """A network from scratch whose kernels are coarse in 8 bits: one weight of each is large."""
    keras.utils.set_random_seed(4)
    found = build_classifier(SIZE, 4, dense=True)
    for layer in found.layers:
        if re.match(EIGHT_BITS, layer.name) and isinstance(layer, keras.layers.Conv2D):
            (kernel,) = layer.get_weights()
            kernel[0, 0, 0] *= 12
            layer.set_weights([kernel])
    widen = found.get_layer("widen")
    widen.set_weights([2000 * widen.get_weights()[0]])
    return found


@pytest.fixture(scope="module")
def eight(model: keras.Model, films: np.ndarray) -> keras.Model:
    return rounded(model, films[:16])


def features(model: keras.Model, films: np.ndarray) -> np.ndarray:
    return np.asarray(keras.Model(model.input, model.get_layer("features").output)(films))


def off(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the root mean square of a move, in units of the spread between films."""
    return float(np.sqrt(np.mean((found - wanted) ** 2)) / wanted.std(axis=0).mean())


def test_kernels_lie_on_a_grid_of_their_channel_and_no_other_weight_moves(
    model: keras.Model, eight: keras.Model
) -> None:
    changed = []
    for before, after in zip(model.layers, eight.layers, strict=True):
        if not re.match(EIGHT_BITS, before.name):
            for one, two in zip(before.get_weights(), after.get_weights(), strict=True):
                np.testing.assert_array_equal(one, two)
        elif "norm" not in before.name and before.get_weights():
            one, two = before.get_weights()[0], after.get_weights()[0]
            channels = np.moveaxis(two, 2 if "depthwise" in before.name else 3, 0)
            for channel in channels.reshape(len(channels), -1):
                steps = channel / np.abs(channel).max() * 127
                np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
            assert np.abs(one - two).max() <= np.abs(one).max() / 127
            changed.append(before.name)
    assert len(changed) == 21 and {name[:2] for name in changed} == {"s2", "s3", "s4"}


def test_normalisations_take_the_mean_move_back(
    model: keras.Model, eight: keras.Model, films: np.ndarray
) -> None:
    bare = keras.models.clone_model(eight)
    bare.set_weights(eight.get_weights())
    for layer in bare.layers:
        if layer.name.endswith("_norm"):
            layer.set_weights(model.get_layer(layer.name).get_weights())
    wanted, held_out = features(model, films), slice(16, None)
    moved = off(features(eight, films)[held_out], wanted[held_out])
    assert moved < 0.7 * off(features(bare, films)[held_out], wanted[held_out])


def test_in_eight_bits_the_rounded_network_answers_as_it_does_by_keras(
    eight: keras.Model, films: np.ndarray
) -> None:
    content = converted(evidence_model(eight))
    small = in_eight_bits(content, EIGHT_BITS)
    assert len(small) < 0.6 * len(content) and in_eight_bits(content, EIGHT_BITS) == small
    found, wanted = lite(small)(films), lite(content)(films)
    for name in ("features", "covid_logit", "opacity_logit", "evidence"):
        assert found[name].shape == wanted[name].shape
    # An untrained trunk hardly tells films apart: its move is set against what it says of all.
    move = np.abs(found["features"] - wanted["features"]).mean()
    assert move < 0.03 * np.abs(wanted["features"]).mean()
