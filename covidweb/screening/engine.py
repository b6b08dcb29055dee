"""One forward pass: logit, opacity, features and the fast Grad-CAM together.

For the article's network the map is Grad-CAM proper (Selvaraju et al., ICCV 2017,
doi:10.1109/ICCV.2017.74): the gradient of the logit, averaged per channel, weighs the channels.
For the classifier the weights are constant, so the map falls out of the forward pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from covidweb.bundle import Card
from covidweb.errors import ModelError
from covidweb.networks.compiled import compiled
from covidweb.networks.lanes import side_by_side
from covidweb.networks.lite import lite
from covidweb.screening.grid import whole_grid


@dataclass(frozen=True, eq=False)
class EngineOutput:
    """What a batch of N films gives.

    Attributes:
        logits: float32 (N,), log p(covid)/p(normal), uncalibrated.
        grids: float32 (N, h, w), evidence for COVID-19, >= 0, in units of the logit; each covers
            the whole input.
        opacity: float32 (N,), logit of any opacity, or None.
        features: float32 (N, C), pooled features for the gate, or None.
        span: float32 (N, 2), lowest and highest logit of all readings of a film, or None where that
            is not told (`covidweb.screening.again`).
    """

    logits: np.ndarray
    grids: np.ndarray
    opacity: np.ndarray | None = None
    features: np.ndarray | None = None
    span: np.ndarray | None = None

    def one(self, i: int) -> "EngineOutput":
        """Return what film `i` of the batch got, as a batch of one."""
        return replace(self, **{name: v[i : i + 1] for name, v in self._arrays().items()})

    @classmethod
    def joined(cls, parts: Sequence["EngineOutput"]) -> "EngineOutput":
        """Return several outputs of one network (at least one) as a single batch."""
        names = parts[0]._arrays()
        whole = {name: np.concatenate([part._arrays()[name] for part in parts]) for name in names}
        return replace(parts[0], **whole)

    def _arrays(self) -> dict[str, np.ndarray]:
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in found.items() if array is not None}


Engine = Callable[[np.ndarray], EngineOutput]


def build_engine(model: Any, card: Card) -> Engine:
    """Make the function that runs a loaded network.

    Args:
        model: the bundle's `classifier.keras`.
        card: its card; `kind` and `cam_layer` are read.

    Returns:
        A function from float32 (N, S, S, C) in 0..1 to an `EngineOutput`.

    Raises:
        ModelError: the card's kind is not one that can be screened with.
    """
    if card.kind == "seed":
        return _seed_engine(model, card.cam_layer)
    if card.kind == "classifier":
        from covidweb.networks.classifier import evidence_model

        return _classifier_engine(compiled(evidence_model(model)))
    raise ModelError(f"Films are screened with a seed or classifier. Received: {card.kind}")


def lite_engine(content: bytes) -> Engine:
    """Make the function that runs a classifier's `evidence_model` in LiteRT's form.

    Raises:
        ModelError: LiteRT cannot read the content.
    """
    return _classifier_engine(lite(content))


def channels_first(model: Any) -> bool:
    """Tell whether a network with 1 or 2 channels wants them before height and width."""
    shape = model.input_shape
    return shape[1] in (1, 2) and shape[-1] not in (1, 2)


def network_layout(batch: np.ndarray, model: Any) -> np.ndarray:
    """Return a batch (N, S, S, C) in the order of axes that the network wants."""
    return np.moveaxis(batch, -1, 1) if channels_first(model) else batch


def _seed_engine(model: Any, cam_layer: str) -> Engine:
    import keras
    import tensorflow as tf

    head = model.layers[-1]
    split = model.get_layer(cam_layer)
    body = keras.Model(model.input, split.output)
    rest = _after(model, cam_layer)
    first = channels_first(model)

    @tf.function(  # type: ignore[untyped-decorator]
        autograph=False, input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    )
    def run(films: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        maps = body(films, training=False)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            hidden = maps
            for layer in rest:
                hidden = layer(hidden)
            scores = tf.matmul(hidden, head.kernel) + head.bias
            logit = scores[:, 0] - scores[:, 1]
        slope = tape.gradient(logit, maps)
        axes = (2, 3) if first else (1, 2)
        weights = tf.reduce_mean(slope, axis=axes, keepdims=True)
        return logit, tf.nn.relu(tf.reduce_sum(weights * maps, axis=1 if first else -1))

    def answers(batch: np.ndarray) -> dict[str, np.ndarray]:
        logit, grid = run(tf.constant(network_layout(batch, model), tf.float32))
        return {"logit": logit.numpy(), "grid": grid.numpy()}

    parted = side_by_side(answers)

    def engine(batch: np.ndarray) -> EngineOutput:
        found = parted(batch)
        return EngineOutput(found["logit"], whole_grid(found["grid"], batch.shape[1]))

    return engine


def _after(model: Any, name: str) -> list[Any]:
    names = [layer.name for layer in model.layers]
    return list(model.layers[names.index(name) + 1 : -1])


def _classifier_engine(run: Callable[[np.ndarray], Any]) -> Engine:
    def engine(batch: np.ndarray) -> EngineOutput:
        found = run(batch)
        return EngineOutput(
            found["covid_logit"].reshape(-1),
            np.maximum(found["evidence"].reshape(len(batch), *found["evidence"].shape[1:3]), 0.0),
            found["opacity_logit"].reshape(-1),
            found["features"],
        )

    return engine
