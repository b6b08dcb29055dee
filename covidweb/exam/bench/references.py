"""Reference implementations of Grad-CAM beside ours: tf-keras-vis, and torch-cam where it is."""

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.exam.bench.figures import Figure, at_least, pairs
from covidweb.exam.bench.films import films
from covidweb.exam.bench.forward import forward

if TYPE_CHECKING:
    from covidweb.screening import Screener


def figures(screener: "Screener") -> Iterator[Figure]:
    """Measure maps against the references, on an input that is ready: no lungs on either side."""
    prepared = screener.prepare(films()[0])
    batch = prepared.input.array[None]
    reference = _tf_keras_vis(screener, batch)
    pair = pairs(reference, lambda: screener.read(batch))
    yield Figure("Grad-CAM of tf-keras-vis, its explainer reused", pair.ours_ms, "ms")
    yield Figure("Probability and map of ours, the input ready", pair.theirs_ms, "ms")
    yield at_least("Grad-CAM of tf-keras-vis", pair.ratio, "x", 10.0, "our probability and map")

    network = forward(screener)
    ready = screener.laid_out(batch)
    ours = pairs(lambda: screener.read(batch), lambda: network(ready), 15)
    yield Figure("Our map with the forward pass", ours.ratio, "x", "our forward pass")
    if find_spec("torchcam") and find_spec("torchvision"):
        theirs = _torch_cam()
        yield Figure("torch-cam on ResNet-18", theirs, "x", "its own forward pass")


def _tf_keras_vis(screener: "Screener", batch: np.ndarray) -> Callable[[], Any]:
    from covidweb.screening.explain import explainer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = explainer(screener.network, screener.card.cam_layer, "gradcam")
    film = screener.laid_out(batch)[0]

    def explained() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(film)

    return explained


def _torch_cam() -> float:
    """Return how much longer torch-cam's map takes than a forward pass without it."""
    import torch
    from torchcam.methods import GradCAM
    from torchvision.models import resnet18

    bare, network = resnet18(weights=None).eval(), resnet18(weights=None).eval()
    picture = torch.zeros(1, 3, 224, 224)

    with GradCAM(network, "layer4") as extractor:

        def mapped() -> None:
            scores = network(picture)
            extractor(scores.squeeze(0).argmax().item(), scores)

        return pairs(mapped, lambda: bare(picture)).ratio
