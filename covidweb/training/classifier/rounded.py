"""Round a classifier's convolutions to 8 bits, and measure what comes out of them again.

A rounded kernel answers a little otherwise in the mean, which its normalisation can take back (as
in "data-free quantization", Nagel et al., ICCV 2019, but on films). What is left moves a logit by
less than a hundredth of its spread, and the network in 8 bits (`covidweb.networks.eight_bits`) has
the weights that it was saved with.
"""

import re

import keras
import numpy as np

from covidweb.networks.classifier import EIGHT_BITS

_STEPS = 127
"""On either side of 0."""
_BATCH = 64


def rounded(model: keras.Model, films: np.ndarray) -> keras.Model:
    """Return a copy of a classifier whose kernels in `EIGHT_BITS` have 8 bits to a channel.

    Args:
        model: trained; not changed.
        films: float32 (N, S, S, 2) in 0..1, to measure normalisations on.
    """
    found = keras.models.clone_model(model)
    found.set_weights(model.get_weights())
    chosen: list[keras.layers.Layer] = [
        layer
        for layer in found.layers
        if re.match(EIGHT_BITS, layer.name) and isinstance(layer, tuple(_KERNELS))
    ]
    wanted = _statistics(model, [layer.name for layer in chosen], films)
    for layer, before in zip(chosen, wanted, strict=True):
        kernel, *rest = layer.get_weights()
        layer.set_weights([_on_grid(kernel, axis=_KERNELS[type(layer)]), *rest])
        (after,) = _statistics(found, [layer.name], films)
        _take_back(found.get_layer(f"{layer.name}_norm"), before, after)
    return found


_KERNELS: dict[type, int] = {keras.layers.Conv2D: 3, keras.layers.DepthwiseConv2D: 2}
"""The axis of a kernel that counts the channels of what comes out."""

_Statistics = tuple[np.ndarray, np.ndarray]


def _on_grid(kernel: np.ndarray, axis: int) -> np.ndarray:
    others = tuple(i for i in range(kernel.ndim) if i != axis)
    step = np.maximum(np.abs(kernel).max(axis=others, keepdims=True), 1e-12) / _STEPS
    return np.asarray(np.round(kernel / step) * step, np.float32)


def _statistics(model: keras.Model, names: list[str], films: np.ndarray) -> list[_Statistics]:
    """Return mean and variance, float64 (C,), of what each of some layers gives."""
    part = keras.Model(model.input, [model.get_layer(name).output for name in names])
    means: list[list[np.ndarray]] = [[] for _ in names]
    for batch in np.array_split(films, max(1, len(films) // _BATCH)):
        for values, kept in zip(keras.tree.flatten(part(batch)), means, strict=True):
            both = [keras.ops.mean(one, axis=(0, 1, 2)) for one in (values, values**2)]
            kept.append(np.stack([np.asarray(one, np.float64) for one in both]))
    found = (np.mean(kept, axis=0) for kept in means)
    return [(first, np.maximum(second - first**2, 1e-12)) for first, second in found]


def _take_back(norm: keras.layers.Layer, before: _Statistics, after: _Statistics) -> None:
    """Set a normalisation so that what it gives has the mean and variance that it had."""
    *rest, mean, variance = norm.get_weights()
    wider = after[1] / before[1]
    middle = after[0] + (mean - before[0]) * np.sqrt(wider)
    spread = np.maximum((variance + norm.epsilon) * wider - norm.epsilon, 0.0)
    norm.set_weights([*rest, middle.astype(np.float32), spread.astype(np.float32)])
