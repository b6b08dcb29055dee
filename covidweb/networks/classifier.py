"""The default classifier's graph: evidence summed over what looks opaque in the lungs.

Preprocessing is part of the graph: the film is standardised by its lungs, and what lies beyond
their surroundings is blanked. A trunk with a bounded field of view (`covidweb.networks.trunk`)
gives 14 x 14 cells, 28 x 28 where it is dense. One map says of each cell how likely it is opaque,
taught by boxes and by opacities of known place; the cell's features count by as much, and once more
by a tenth whatever it looks like, and only inside the lungs. Their sum over the lungs' area gives
`features`, and every answer is linear in them: opacity in what counts by how opaque it looks,
COVID-19 in all. So each cell's share of an answer is known exactly, and Grad-CAM (Selvaraju et al.,
2017) falls out of the forward pass.

Layer names are part of the contract with `covidweb.screening`: `last_map` (N, h, w, C), `features`
(N, C), `opaque_features` (N, K), the first of them, `opaque` (N, h, w, 1) in 0..1, `opacity_logit`
(N, 1), `covid_logit` (N, 1), `probability` (N, 2), uncalibrated softmax over covid, normal;
`covid_logit` is log p(covid)/p(normal).
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.networks.trunk import build_trunk

if TYPE_CHECKING:
    import keras

SIZE = 224
STRIDE = 16
STAGE = 4
WIDTH = 96
CAM_LAYER = "last_map"
EIGHT_BITS = r".*\bs[2-4]b\d.*"
"""Layers that LiteRT runs in 8 bits: most of the time is spent there, and rounding costs least."""
FAINT = 0.1
"""What a cell counts for the COVID-19 reading beside what it counts by how opaque it looks."""
_NEAR = 3
"""Cells around the lungs that the network may see, as a square window."""
_REACH = 2.5
"""Grey levels are squashed to this many standard deviations of the lungs' levels."""
_SPREAD = 0.5
"""Standard deviation of what the trunk sees, about that of the pictures it was first taught on."""


def build_classifier(
    size: int = SIZE,
    width: int = WIDTH,
    stage: int = STAGE,
    cut: bool = False,
    dense: bool = False,
) -> "keras.Model":
    """Build the classifier as one flat Functional graph.

    Args:
        size: side of the square input in pixels, a multiple of 16.
        width: features of a cell; `features` has them twice, and how opaque the cell is.
        stage: last stage of the trunk, 3 to 5. Stage 3 is joined to a later one.
        cut: blank everything but the lungs, not only what lies away from them.
        dense: four times as many cells, half as far apart, by the same weights. An answer is then
            the mean over four places of the grid, and hangs less on where the film lies under it.

    Returns:
        A model from float32 (N, size, size, 2), grey and lung mask in 0..1, to float32 (N, 2),
        softmax over covid, normal.

    Raises:
        ValueError: `size` gives no whole number of cells, or there is no such stage.
    """
    from keras import Input, Model, layers, ops

    if size % STRIDE or size < STRIDE or stage < 3:
        raise ValueError(
            "size must be a multiple of 16 and stage at least 3. "
            f"Received: size={size}, stage={stage}"
        )
    films = Input((size, size, 2), name="film")
    mask = films[..., 1:2]
    cells = layers.AveragePooling2D(STRIDE, name="lung_cells")(mask)
    seen = _standardised(films[..., 0:1], mask, mask if cut else _near(cells))
    if dense:
        cells = layers.AveragePooling2D(STRIDE, STRIDE // 2, name="dense_cells")(mask)
    x = _joined(build_trunk(seen, stage, dense), stage, dense)
    x = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="he_normal", name="widen")(x)
    x = layers.BatchNormalization(momentum=0.97, name="widen_norm")(x)
    x = layers.Activation("relu", name="widen_relu")(x)
    logit = layers.Conv2D(1, 1, name="place_logit")(x)
    opaque = layers.Activation("sigmoid", name="opaque")(logit)

    counted = layers.Multiply(name="counted")([x, opaque])
    faint = layers.Rescaling(FAINT, name="faint")(x)
    weighed = layers.Concatenate(name="weighed")([counted, opaque, faint])
    last_map = layers.Multiply(name="seen_map" if dense else CAM_LAYER)([weighed, cells])
    if dense:
        last_map, cells = _spread(last_map, CAM_LAYER), _spread(cells, "spread_cells")
    total = layers.GlobalAveragePooling2D(name="lung_total")(cells)
    mean = layers.GlobalAveragePooling2D(name="map_mean")(last_map)
    features = layers.Multiply(name="features")([mean, ops.reciprocal(ops.maximum(total, 1e-3))])

    sick = layers.Identity(name="opaque_features")(features[:, : width + 1])
    opacity = layers.Dense(1, name="opacity_logit")(sick)
    share = layers.Dense(1, use_bias=False, kernel_initializer="zeros", name="opacity_share")
    read = layers.Dense(1, name="covid_reading")(features)
    covid = layers.Add(name="covid_logit")([read, share(opacity)])
    both = layers.Concatenate(name="halves")([ops.multiply(covid, 0.5), ops.multiply(covid, -0.5)])
    answer = layers.Activation("softmax", name="probability")(both)
    return Model(films, answer, name="classifier")


def evidence_model(model: "keras.Model") -> "keras.Model":
    """Return the network with everything that a screening needs as outputs of one pass.

    Args:
        model: from `build_classifier`, loaded or fresh; its weights are read now, so make this
            model after they are set.

    Returns:
        A model from the same input to a dict of float32: `covid_logit` (N, 1), `opacity_logit`
        (N, 1), `features` (N, C) and `evidence` (N, h, w): what each cell adds to the COVID logit,
        signed; its sum and `covid_bias(model)` make the logit. Grad-CAM on `last_map` is its
        positive part.
    """
    from keras import Model, layers

    last_map, features = model.get_layer(CAM_LAYER).output, model.get_layer("features")
    height, width = last_map.shape[1:3]
    # Layers with names of their own: Keras numbers operations per thread, and a number could be
    # one that the loaded network was saved with.
    read = layers.Conv2D(1, 1, use_bias=False, name="evidence_cells")
    sums = layers.Reshape((height, width), name="evidence_map")(read(last_map))
    read.set_weights([covid_direction(model)[None, None, :, None] / (height * width)])
    share = layers.Reshape((1, 1), name="evidence_share")(features.input[1])
    outputs = {name: model.get_layer(name).output for name in ("covid_logit", "opacity_logit")}
    outputs["features"] = features.output
    outputs["evidence"] = layers.Multiply(name="evidence")([sums, share])
    return Model(model.input, outputs, name="evidence_model")


def covid_direction(model: "keras.Model") -> Any:
    """Return the weights float32 (C,) that make the COVID logit of `features`."""
    read, opacity, share = (
        model.get_layer(name).get_weights()[0]
        for name in ("covid_reading", "opacity_logit", "opacity_share")
    )
    opacity = np.pad(opacity[:, 0], (0, len(read) - len(opacity)))
    return read[:, 0] + share[0, 0] * opacity


def covid_bias(model: "keras.Model") -> float:
    """Return the COVID logit of a film without anything opaque in its lungs."""
    read, opacity = (
        model.get_layer(n).get_weights()[1] for n in ("covid_reading", "opacity_logit")
    )
    return float(read[0] + model.get_layer("opacity_share").get_weights()[0][0, 0] * opacity[0])


def _near(cells: Any) -> Any:
    """Return 0..1 (N, S, S, 1): 1 in and around the lungs, falling to 0 away from them."""
    from keras import layers

    near = layers.MaxPooling2D(_NEAR, strides=1, padding="same", name="near_cells")(cells)
    return layers.UpSampling2D(STRIDE, interpolation="bilinear", name="near")(near)


def _standardised(grey: Any, mask: Any, seen: Any) -> Any:
    """Return the film with mean 0 and a known spread inside the lungs, 0 where it is not seen."""
    from keras import ops

    area = ops.maximum(ops.sum(mask, axis=(1, 2), keepdims=True), 1.0)
    offset = grey - ops.sum(grey * mask, axis=(1, 2), keepdims=True) / area
    variance = ops.sum(ops.square(offset) * mask, axis=(1, 2), keepdims=True) / area
    scaled = offset / (ops.sqrt(variance + 1e-6) + 0.01)
    return _SPREAD * _REACH * ops.tanh(scaled / _REACH) * seen


def _spread(cells: Any, name: str) -> Any:
    """Return (N, h + 1, w + 1, C) that cover the film evenly, of dense cells (N, h, w, C).

    Dense cells overlap, and their outermost middles lie a whole step from the film's edge.
    """
    from keras import layers

    around = layers.ZeroPadding2D(1, name=f"{name}_pad")(cells)
    return layers.AveragePooling2D(2, 1, name=name)(around)


def _joined(maps: list[Any], stage: int, dense: bool) -> Any:
    """Return stage 3, at the last stage's resolution, beside the last stage."""
    from keras import layers

    third = layers.AveragePooling2D(2, 1 if dense else 2, name="third")(maps[2])
    if stage == 3:
        return third
    return layers.Concatenate(name="joined")([maps[-1], third])
