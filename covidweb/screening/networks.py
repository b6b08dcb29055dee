"""A bundle's network as a function: in LiteRT's form where the bundle has one, else by Keras."""

from collections.abc import Callable
from typing import Any

import numpy as np

from covidweb.bundle import Bundle
from covidweb.networks.compiled import compiled
from covidweb.networks.device import prepare_screening
from covidweb.networks.lite import lite


def keras_network(bundle: Bundle) -> Any:
    """Load a bundle's network with Keras, on a GPU where TensorFlow sees one.

    Raises:
        ModelError: the weights are missing, or not the card's.
    """
    weights = bundle.weights()
    prepare_screening()
    import keras

    return keras.models.load_model(weights, compile=False)


def network_of(bundle: Bundle) -> Callable[[np.ndarray], Any]:
    """Return a bundle's network for inference, from float32 (N, ...) to float32 (N, ...).

    Args:
        bundle: with a network of one output.

    Raises:
        ModelError: a file of the network is missing, or not the card's.
    """
    bundle.weights()
    path = bundle.lite()
    if path is None:
        return compiled(keras_network(bundle))
    return lite(path.read_bytes())
