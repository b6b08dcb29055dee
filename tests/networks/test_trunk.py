"""The trunk's shape, and that its cells look where they are drawn."""

import keras
import numpy as np
import pytest

from covidweb.networks.trunk import build_trunk, trunk_layers


def trunk(size: int, stage: int) -> keras.Model:
    film = keras.Input((size, size, 1))
    return keras.Model(film, build_trunk(film, stage))


def test_the_stages_have_the_published_shapes() -> None:
    outputs = trunk(64, 5).outputs
    assert [tuple(x.shape[1:]) for x in outputs] == [
        (32, 32, 16),
        (16, 16, 24),
        (8, 8, 40),
        (4, 4, 80),
        (4, 4, 112),
    ]


@pytest.mark.parametrize(("size", "at"), [(160, 4), (160, 5)])
def test_a_cell_looks_where_it_is_drawn(size: int, at: int) -> None:
    """The middle of what moves a cell of stage 4, summed over weights, is the cell's middle."""
    keras.utils.set_random_seed(0)
    model = trunk(size, 4)
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
    assert middle == pytest.approx((16 * at + 8, 16 * at + 8), abs=1.5)


def test_the_lower_stages_can_be_named() -> None:
    names = {layer.name for layer in trunk_layers(trunk(32, 3), 2)}
    assert {"stem", "stem_norm", "s2b2_project"} <= names
    assert not any(name.startswith("s3") for name in names)


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="stage=6"):
        trunk(32, 6)
