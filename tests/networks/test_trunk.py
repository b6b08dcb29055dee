"""The trunk's shape, and that its cells look where they are drawn."""

import keras
import numpy as np
import pytest

from covidweb.networks.trunk import build_trunk, trunk_layers


def trunk(size: int, stage: int, dense: bool = False) -> keras.Model:
    film = keras.Input((size, size, 1))
    return keras.Model(film, build_trunk(film, stage, dense))


def test_the_stages_have_the_published_shapes() -> None:
    outputs = trunk(64, 5).outputs
    assert [tuple(x.shape[1:]) for x in outputs] == [
        (32, 32, 16),
        (16, 16, 24),
        (8, 8, 40),
        (4, 4, 80),
        (4, 4, 112),
    ]


@pytest.mark.parametrize(("size", "stage"), [(96, 4), (96, 5), (144, 5)])
def test_a_dense_trunk_answers_as_the_other_at_every_other_place(size: int, stage: int) -> None:
    keras.utils.set_random_seed(1)
    plain, dense = trunk(size, stage), trunk(size, stage, dense=True)
    dense.set_weights(plain.get_weights())
    film = np.random.default_rng(0).normal(0, 0.5, (2, size, size, 1)).astype(np.float32)
    few, many = plain.predict(film, verbose=0), dense.predict(film, verbose=0)
    for one, other in zip(few[:3], many[:3], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for one, other in zip(few[3:], many[3:], strict=True):
        assert other.shape[1:3] == (size // 8 - 1, size // 8 - 1)
        np.testing.assert_allclose(other[:, ::2, ::2], one, atol=1e-5)
        assert np.abs(other[:, 1::2, 1::2] - one[:, :-1, :-1]).max() > 0.01 * np.abs(one).max()


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize(("size", "at"), [(160, 4), (160, 5)])
def test_a_cell_looks_where_it_is_drawn(size: int, at: int, dense: bool) -> None:
    """The middle of what moves a cell of stage 4, summed over weights, is the cell's middle."""
    keras.utils.set_random_seed(0)
    model = trunk(size, 4, dense)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            (kernel,) = (np.abs(w) for w in layer.get_weights())
            layer.set_weights([kernel / kernel.sum(axis=(0, 1, 2), keepdims=True)])
    import tensorflow as tf

    film = tf.Variable(np.full((1, size, size, 1), 0.1, np.float32))
    with tf.GradientTape() as tape:
        cell = tf.reduce_sum(model(film)[-1][:, at, at])
    slope = np.abs(tape.gradient(cell, film).numpy()[0, ..., 0])
    places = np.arange(size) + 0.5
    middle = (slope.sum(axis=1) @ places / slope.sum(), slope.sum(axis=0) @ places / slope.sum())
    expected = 8 * at + 8 if dense else 16 * at + 8
    assert middle == pytest.approx((expected, expected), abs=1.5)


def test_the_lower_stages_can_be_named() -> None:
    names = {layer.name for layer in trunk_layers(trunk(32, 3), 2)}
    assert {"stem", "stem_norm", "s2b2_project"} <= names
    assert not any(name.startswith("s3") for name in names)


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="stage=6"):
        trunk(32, 6)
