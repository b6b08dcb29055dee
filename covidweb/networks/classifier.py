"""The default classifier's graph: disease evidence summed over the lungs, cell by cell.

Preprocessing is part of the graph: what lies beyond the lungs' surroundings is blanked, and the
rest is standardised film by film. The last map holds evidence inside the lungs only; its mean over
the lungs gives `features`, and every answer is linear in them. So each cell's share of an answer
is known exactly, and Grad-CAM (Selvaraju et al., 2017) falls out of the forward pass.

Layer names are part of the contract with `covidweb.screening`: `last_map` (N, h, w, C), `features`
(N, C), `opacity_logit` (N, 1), `covid_logit` (N, 1), `probability` (N, 2), uncalibrated softmax
over covid, normal; `covid_logit` is log p(covid)/p(normal).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

SIZE = 144
WIDTH = 24
STRIDE = 8
CAM_LAYER = "last_map"
_NEAR = 5
"""Cells around the lungs that the network may see, as a square window."""


def build_classifier(size: int = SIZE, width: int = WIDTH, blank: bool = True) -> "keras.Model":
    """Build the classifier as one flat Functional graph.

    Args:
        size: side of the square input in pixels, a multiple of 8 and at least 112.
        width: channels of the first convolution; the last map has 5 times as many.
        blank: hide what lies away from the lungs.

    Returns:
        A model from float32 (N, size, size, 2), grey and lung mask in 0..1, to float32 (N, 2),
        softmax over covid, normal.

    Raises:
        ValueError: `size` gives no whole number of cells, or fewer than 14 a side.
    """
    from keras import Input, Model, layers, ops

    if size % STRIDE or size < 14 * STRIDE:
        raise ValueError(f"size must be a multiple of 8, at least 112. Received: size={size}")
    films = Input((size, size, 2), name="film")
    cells = layers.AveragePooling2D(STRIDE, name="lung_cells")(films[..., 1:2])
    seen = _standardised(films[..., 0:1], cells, blank)
    x = _unit(seen, width, "stem", kernel=5, strides=2)
    x = _unit(x, 2 * width, "half", strides=2)
    x = _residual(x, 2 * width, "block_1")
    x = _unit(x, 4 * width, "quarter", strides=2)
    x = _residual(x, 4 * width, "block_2")
    x = _residual(x, 4 * width, "block_3", dilation=2)
    x = _residual(x, 4 * width, "block_4")
    x = _unit(x, 5 * width, "widen", kernel=1)
    # Set after training to the training normals' cells, so that 0 is a usual cell; not trained.
    x = layers.BatchNormalization(trainable=False, center=False, scale=False, name="centre")(x)

    last_map = layers.Multiply(name=CAM_LAYER)([x, cells])
    total = layers.GlobalAveragePooling2D(name="lung_total")(cells)
    mean = layers.GlobalAveragePooling2D(name="map_mean")(last_map)
    features = layers.Multiply(name="features")([mean, ops.reciprocal(ops.maximum(total, 1e-3))])

    opacity = layers.Dense(1, name="opacity_logit")(features)
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
    return read[:, 0] + share[0, 0] * opacity[:, 0]


def covid_bias(model: "keras.Model") -> float:
    """Return the COVID logit of a film whose features are all 0: of a usual normal film."""
    read, opacity = (
        model.get_layer(n).get_weights()[1] for n in ("covid_reading", "opacity_logit")
    )
    return float(read[0] + model.get_layer("opacity_share").get_weights()[0][0, 0] * opacity[0])


def _standardised(grey: Any, cells: Any, blank: bool) -> Any:
    """Return the film with mean 0 and spread 1 around the lungs, squashed to -2..2."""
    from keras import layers, ops

    near = layers.MaxPooling2D(_NEAR, strides=1, padding="same", name="near_cells")(cells)
    near = layers.UpSampling2D(STRIDE, interpolation="bilinear", name="near")(near)
    total = ops.maximum(ops.sum(near, axis=(1, 2), keepdims=True), 1.0)
    mean = ops.sum(grey * near, axis=(1, 2), keepdims=True) / total
    offset = grey - mean
    variance = ops.sum(ops.square(offset) * near, axis=(1, 2), keepdims=True) / total
    scaled = 2.0 * ops.tanh(0.5 * offset / (ops.sqrt(variance + 1e-6) + 0.01))
    return scaled * near if blank else scaled


def _unit(
    x: Any,
    channels: int,
    name: str,
    *,
    kernel: int = 3,
    strides: int = 1,
    dilation: int = 1,
    activate: bool = True,
) -> Any:
    from keras import layers

    x = layers.Conv2D(
        channels,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(momentum=0.97, name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x) if activate else x


def _residual(x: Any, channels: int, name: str, dilation: int = 1) -> Any:
    from keras import layers

    y = _unit(x, channels, f"{name}a")
    y = _unit(y, channels, f"{name}b", dilation=dilation, activate=False)
    y = layers.Add(name=f"{name}_add")([x, y])
    return layers.Activation("relu", name=f"{name}_relu")(y)
