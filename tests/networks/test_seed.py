import numpy as np
import pytest

from covidweb.networks.seed import build_seed


def test_it_has_the_articles_six_layers():
    model = build_seed(32, 8)
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    assert kinds == ["Conv2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense"]
    conv = [layer for layer in model.layers if layer.name.startswith("conv")]
    assert [(c.filters, c.kernel_size, c.activation.__name__) for c in conv] == [
        (32, (3, 3), "relu")
    ] * 2
    assert model.layers[-1].activation.__name__ == "softmax"


def test_it_answers_with_two_probabilities():
    found = build_seed(32, 8)(np.zeros((3, 32, 32, 1), np.float32)).numpy()
    assert found.shape == (3, 2)
    assert found.sum(axis=1) == pytest.approx(1)


def test_the_channel_order_follows_the_backend():
    import keras

    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        assert build_seed(32, 8).input_shape == (None, 1, 32, 32)
    finally:
        keras.config.set_image_data_format(before)


def test_the_weights_stay_under_20_mb():
    assert build_seed().count_params() * 4 < 20e6
