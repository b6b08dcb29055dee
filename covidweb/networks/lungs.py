"""The lung finder's graph: a compact U-Net written with backend-neutral Keras layers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

SIZE = 192
WIDTH = 16
_MULTIPLES = (1, 2, 4, 6, 8)


def build_lungs(size: int = SIZE, width: int = WIDTH) -> "keras.Model":
    """Build the U-Net; preprocessing (per-film standardisation) is part of the graph.

    The stem halves the resolution and the head doubles it again with a pixel shuffle, so that
    the expensive layers work on a quarter of the pixels while the mask keeps the film's grid.

    Args:
        size: side of the square input, a multiple of 32.
        width: channels of the finest level; coarser levels have 2 to 8 times as many.

    Returns:
        A model from float32 (N, size, size, 1), grey in 0..1, to float32 (N, size, size, 1), the
        probability 0..1 that a pixel shows lung, the part behind the heart included.

    Raises:
        ValueError: `size` is not a positive multiple of 32.
    """
    from keras import Input, Model, layers

    if size <= 0 or size % 32:
        raise ValueError(f"size must be a positive multiple of 32. Received: size={size}")
    film = Input((size, size, 1), name="film")
    x = layers.GroupNormalization(1, epsilon=1e-5, center=False, scale=False, name="film_scale")(
        film
    )
    x = layers.Conv2D(width, 4, strides=2, padding="same", use_bias=False, name="stem")(x)
    skips = []
    for level, multiple in enumerate(_MULTIPLES):
        x = layers.MaxPooling2D(2, name=f"pool{level}")(x) if level else x
        x = _block(x, multiple * width, f"down{level}")
        skips.append(x)
    for level in reversed(range(len(_MULTIPLES) - 1)):
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"upsample{level}")(x)
        x = layers.Concatenate(name=f"join{level}")([x, skips[level]])
        x = _block(x, _MULTIPLES[level] * width, f"up{level}")
    x = layers.Conv2D(4, 3, padding="same", name="head")(x)
    x = _pixel_shuffle(x, size // 2)
    probability = layers.Activation("sigmoid", dtype="float32", name="lungs")(x)
    return Model(film, probability, name="lungs")


def _block(x: Any, channels: int, name: str) -> Any:
    """Two 3x3 convolutions, each batch-normalised and rectified."""
    from keras import layers

    for step in "ab":
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"{name}{step}")(x)
        x = layers.BatchNormalization(momentum=0.98, name=f"{name}{step}_norm")(x)
        x = layers.ReLU(name=f"{name}{step}_relu")(x)
    return x


def _pixel_shuffle(x: Any, side: int) -> Any:
    """Turn (N, side, side, 4) into (N, 2 side, 2 side, 1)."""
    from keras import layers

    x = layers.Reshape((side, side, 2, 2), name="shuffle_split")(x)
    x = layers.Permute((1, 3, 2, 4), name="shuffle_interleave")(x)
    return layers.Reshape((2 * side, 2 * side, 1), name="shuffle_join")(x)
