"""A network as one compiled call for batches of any size."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


def compiled(model: "keras.Model") -> Callable[[np.ndarray], Any]:
    """Return a function that runs a network for inference; it is traced at its first call.

    Args:
        model: a network with one input. Its weights are read at the first call and become
            constants, so that normalisations fold into the convolutions before them.

    Returns:
        A function from float32 (N, ...) to what the model gives, as float32 arrays.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    @tf.function(  # type: ignore[untyped-decorator]
        autograph=False, input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    )
    def run(batch: tf.Tensor) -> Any:
        return model(batch, training=False)

    @cache
    def frozen() -> Any:
        return convert_variables_to_constants_v2(run.get_concrete_function())

    def call(batch: np.ndarray) -> Any:
        found = frozen()(tf.constant(batch, tf.float32))
        named = run.get_concrete_function().structured_outputs
        return tf.nest.map_structure(
            lambda tensor: tensor.numpy(), tf.nest.pack_sequence_as(named, found)
        )

    return call
