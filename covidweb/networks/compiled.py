"""A network as one compiled call for batches of any size."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


def compiled(model: "keras.Model") -> Callable[[np.ndarray], Any]:
    """Return a function that runs a network for inference; it is traced at its first call.

    Args:
        model: a network with one input.

    Returns:
        A function from float32 (N, ...) to what the model gives, as float32 arrays.
    """
    import tensorflow as tf

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    )
    def run(batch: tf.Tensor) -> Any:
        return model(batch, training=False)

    def call(batch: np.ndarray) -> Any:
        return tf.nest.map_structure(
            lambda tensor: tensor.numpy(), run(tf.constant(batch, tf.float32))
        )

    return call
