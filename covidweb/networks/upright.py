"""The upright check's graph: what a picture shows, which way up, and whether it is mirrored."""

from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.networks.resample import resized

if TYPE_CHECKING:
    import keras

SIZE = 96
WIDTH = 16

KINDS = ("frontal", "lateral", "several", "part", "other")
"""What a picture shows: one frontal chest film, a lateral one, more than one film, half a film or
a single lung, or no chest film at all."""


def build_upright(size: int = SIZE, width: int = WIDTH) -> "keras.Model":
    """Build the network; preprocessing (per-film standardisation) is part of the graph.

    Args:
        size: side of the square input, a multiple of 16.
        width: channels of the first convolution; later ones have 2 to 6 times as many.

    Returns:
        A model from float32 (N, size, size, 1), grey in 0..1 as `upright_input` makes it, to
        float32 (N, 8): the logits of `KINDS`, then cosine and sine (not normalised) of the angle
        by which a frontal film is turned clockwise, then the logit that it is mirrored.

    Raises:
        ValueError: `size` is not a positive multiple of 16.
    """
    from keras import Input, Model, layers

    if size <= 0 or size % 16:
        raise ValueError(f"size must be a positive multiple of 16. Received: size={size}")
    film = Input((size, size, 1), name="film")
    x = layers.GroupNormalization(1, epsilon=1e-5, center=False, scale=False, name="film_scale")(
        film
    )
    x = _unit(x, width, "half", kernel=5, strides=2)
    x = _unit(x, 2 * width, "quarter_a", strides=2)
    x = _unit(x, 3 * width, "quarter_b")
    x = _unit(x, 4 * width, "eighth_a", strides=2)
    x = _unit(x, 5 * width, "eighth_b")
    x = _unit(x, 6 * width, "sixteenth", strides=2)
    x = _unit(x, 2 * width, "narrow", kernel=1)
    # The place of what is seen is the answer, so the map is laid out flat and not pooled.
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(3 * width, activation="relu", name="hidden")(x)
    return Model(film, layers.Dense(len(KINDS) + 3, name="answers")(x), name="upright")


def upright_input(
    pixels: np.ndarray, size: int, box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
) -> np.ndarray:
    """Shrink a film, or a box of it, to fit a square with its proportions kept; black around.

    Args:
        pixels: float (H, W) in 0..1.
        size: side of the square in pixels.
        box: left, top, right, bottom in fractions of the film.

    Returns:
        float32 (size, size) in 0..1.
    """
    height, width = pixels.shape
    corners = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
    across, down = corners[2] - corners[0], corners[3] - corners[1]
    scale = size / max(across, down)
    inner = (max(1, round(across * scale)), max(1, round(down * scale)))
    small = resized(pixels, inner, corners)
    square = np.zeros((size, size), np.float32)
    top, left = (size - inner[1]) // 2, (size - inner[0]) // 2
    square[top : top + inner[1], left : left + inner[0]] = np.clip(small, 0.0, 1.0)
    return square


def _unit(x: Any, channels: int, name: str, kernel: int = 3, strides: int = 1) -> Any:
    from keras import layers

    x = layers.Conv2D(
        channels, kernel, strides=strides, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(momentum=0.97, name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
