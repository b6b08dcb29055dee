"""The article's network: two convolutions, one pooling, two dense layers."""

from typing import Any

SIZE = 96
"""Side of the input in pixels; the article does not give one. 96 keeps the weights under 20 MB."""

DENSE = 64
"""Width of the hidden dense layer; the article does not give one either."""

CAM_LAYER = "conv_2"


def build_seed(size: int = SIZE, dense: int = DENSE) -> Any:
    """Build the article's six layers as one flat Functional graph.

    The channel order follows `keras.config.image_data_format()`, as the article's code does.

    Args:
        size: side of the square grey input in pixels.
        dense: units of the hidden dense layer.

    Returns:
        A `keras.Model` from float32 (N, size, size, 1) in 0..1, or (N, 1, size, size) where the
        backend is set to channels first, to float32 (N, 2): softmax over `covid`, `normal`.
    """
    import keras

    channels_first = keras.config.image_data_format() == "channels_first"
    films = keras.Input((1, size, size) if channels_first else (size, size, 1), name="film")
    x = keras.layers.Conv2D(32, 3, activation="relu", name="conv_1")(films)
    x = keras.layers.Conv2D(32, 3, activation="relu", name=CAM_LAYER)(x)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(dense, activation="relu", name="hidden")(x)
    answer = keras.layers.Dense(2, activation="softmax", name="probability")(x)
    return keras.Model(films, answer, name="seed")
