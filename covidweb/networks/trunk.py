"""The lower stages of EfficientNet-Lite0 (Tan and Le, ICML 2019; the "lite" form of Google, 2020).

Convolutions of stride 2 pad one side more than the other, so that each level looks half a pixel of
its own to one side of its cells' middles. The side is chosen level by level so that the shifts
cancel: a cell of stage 4 looks within half a pixel of the input of where it is drawn.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

EPSILON = 1e-3
"""Of the batch normalisation, as the published weights want it."""

STEM = 32


@dataclass(frozen=True)
class Stage:
    """Blocks of one resolution: inverted residuals (Sandler et al., CVPR 2018).

    Attributes:
        blocks: how many.
        kernel, strides: of the depthwise convolution; strides of the first block only.
        expansion: inner channels over the block's own.
        channels: that come out.
        early: whether the strided convolution looks early (up and left) or late.
    """

    blocks: int
    kernel: int
    strides: int
    expansion: int
    channels: int
    early: bool = False


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80, early=True),
    Stage(3, 5, 1, 6, 112),
)
"""Stages 1 to 5, at strides 2, 4, 8, 16 and 16."""

_SPACED = 4
"""The first stage of a dense trunk whose cells lie half as far apart."""


def build_trunk(film: Any, stage: int, dense: bool = False) -> list[Any]:
    """Return the maps after stages 1 to `stage` of a scaled film.

    Args:
        film: tensor float32 (N, S, S, 1), about 0 with a spread of about 0.5: what the published
            weights were trained on, with the three colours added up in the first convolution.
        stage: 1 to 5.
        dense: stages 4 and 5 answer at every place of stage 3, not at every other one: four grids
            of cells interleaved, the first of which is the answer without it ("à trous",
            Holschneider et al., 1989). They are (N, S/8 - 1, S/8 - 1, C): the last row and column,
            half of which would lie off the film, are left out.

    Returns:
        Tensors (N, S/2, S/2, 16), (N, S/4, S/4, 24), (N, S/8, S/8, 40), (N, S/16, S/16, 80) and
        (N, S/16, S/16, 112), the first `stage` of them. Layers are named `stem`,
        `s<stage>b<block>_expand`, `_depthwise` and `_project`, each with `_norm`.

    Raises:
        ValueError: there is no such stage.
    """
    if not 1 <= stage <= len(STAGES):
        raise ValueError(f"stage must be 1 to {len(STAGES)}. Received: stage={stage}")
    x = _unit(film, "stem", STEM, 3, True)
    found = []
    for number, plan in enumerate(STAGES[:stage], start=1):
        for block in range(plan.blocks):
            spaced = dense and number >= _SPACED
            first = block == 0 and plan.strides == 2
            x = _block(x, f"s{number}b{block + 1}", plan, first, spaced)
        found.append(x)
    return found


def trunk_layers(model: "keras.Model", stage: int) -> list[Any]:
    """Return the layers of a network's stem and stages 1 to `stage`."""
    heads = ("stem", *(f"s{number}b" for number in range(1, stage + 1)))
    return [layer for layer in model.layers if layer.name.startswith(heads)]


def _block(x: Any, name: str, plan: Stage, strided: bool, spaced: bool) -> Any:
    from keras import layers

    channels = x.shape[-1]
    y = x
    if plan.expansion > 1:
        y = _unit(y, f"{name}_expand", channels * plan.expansion, 1)
    y = _unit(y, f"{name}_depthwise", None, plan.kernel, strided, early=plan.early, spaced=spaced)
    y = _unit(y, f"{name}_project", plan.channels, 1, activate=False)
    same = not strided and channels == plan.channels
    return layers.Add(name=f"{name}_add")([x, y]) if same else y


def _unit(
    x: Any,
    name: str,
    channels: int | None,
    kernel: int,
    strided: bool = False,
    *,
    early: bool = False,
    spaced: bool = False,
    activate: bool = True,
) -> Any:
    """Convolve (depthwise without `channels`), normalise and, if wanted, cut at 0 and 6.

    A spaced convolution answers at every place what a strided one, and those after it, answer at
    every other place.
    """
    from keras import layers

    if strided:
        before = kernel // 2 - (0 if early else 1)
        around = (before, kernel - 2 - before)
        if any(around):
            x = layers.ZeroPadding2D((around, around), name=f"{name}_pad")(x)
    options: dict[str, Any] = {
        "strides": 2 if strided and not spaced else 1,
        "dilation_rate": 2 if spaced and not strided else 1,
        "padding": "valid" if strided else "same",
        "use_bias": False,
        "name": name,
    }
    if channels is None:
        x = layers.DepthwiseConv2D(kernel, depthwise_initializer="he_normal", **options)(x)
    else:
        x = layers.Conv2D(channels, kernel, kernel_initializer="he_normal", **options)(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_norm")(x)
    return layers.Activation("relu6", name=f"{name}_relu")(x) if activate else x
