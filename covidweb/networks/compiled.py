"""A network as one compiled call for batches of any size."""

import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.networks.lanes import side_by_side

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

    def traced(work: Callable[[tf.Tensor], Any]) -> Any:
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        return tf.function(work, input_signature=signature, autograph=False)

    tracing = threading.Lock()

    @cache
    def frozen() -> Any:
        bare = traced(lambda batch: model(batch, training=False)).get_concrete_function()
        flat, named = convert_variables_to_constants_v2(bare), bare.structured_outputs
        # Called by itself, `flat` writes a message about every batch that it then throws away.
        packed = traced(lambda batch: tf.nest.pack_sequence_as(named, flat(batch)))
        return packed.get_concrete_function()

    def call(batch: np.ndarray) -> Any:
        # Callers that come at once must not trace twice.
        with tracing:
            run = frozen()
        found = run(tf.constant(batch, tf.float32))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), found)

    return side_by_side(call)
