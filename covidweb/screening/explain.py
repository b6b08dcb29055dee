"""Explanations from tf-keras-vis, on demand: the reference that the fast map is tested against.

The library is dormant and imports private Keras names, so nothing else touches it. It works on
one flat Functional graph in float32, and it is asked for raw grids: its own 0..1 stretching makes
a normal film glow like a sick one.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from covidweb.errors import ModelError
from covidweb.screening.grid import whole_grid

METHODS = ("gradcam", "gradcam++", "layercam", "scorecam", "saliency")

TITLES = {
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "layercam": "LayerCAM",
    "scorecam": "Score-CAM",
    "saliency": "Saliency",
}

SCORECAM_CHANNELS = 16
"""Score-CAM runs the network once per channel; the strongest this many are used."""

SALIENCY_SAMPLES = 8
"""Noisy copies that SmoothGrad averages (Smilkov et al., arXiv:1706.03825)."""


def explain(model: Any, cam_layer: str, film: np.ndarray, method: str) -> np.ndarray:
    """Explain the COVID-19 logit of one film with a method of tf-keras-vis.

    Args:
        model: a flat network with softmax outputs (covid, normal).
        cam_layer: name of the convolution to look at.
        film: float32 in the network's own layout, without the batch axis.
        method: one of `METHODS`.

    Returns:
        float32 (h, w), >= 0: the layer's grid, or the input's for saliency; it covers the whole
        input.

    Raises:
        ModelError: an unknown method.
    """
    return explainer(model, cam_layer, method)(film)


def explainer(model: Any, cam_layer: str, method: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return what `explain` does for films to come, with the network prepared once.

    It clones the network, so it belongs to the weights of the moment; one call at a time.

    Raises:
        ModelError: an unknown method.
    """
    if method not in METHODS:
        raise ModelError(f"The methods are {', '.join(METHODS)}. Received: {method}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = _saliency(model) if method == "saliency" else _cam(model, cam_layer, method)

    def explained(film: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            grid = run(np.asarray(film, np.float32)[None])
        grid = np.maximum(np.nan_to_num(np.asarray(grid, np.float32)), 0.0)
        return whole_grid(grid, max(film.shape))

    return explained


def _contrast(output: Any) -> Any:
    return output[:, 0] - output[:, 1]


def _cam(model: Any, cam_layer: str, method: str) -> Callable[[np.ndarray], np.ndarray]:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.layercam import Layercam
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

    kinds = {
        "gradcam": Gradcam,
        "gradcam++": GradcamPlusPlus,
        "layercam": Layercam,
        "scorecam": Scorecam,
    }
    options: dict[str, Any] = {
        "penultimate_layer": cam_layer,
        "seek_penultimate_conv_layer": False,
        "expand_cam": False,
    }
    if method == "scorecam":
        options["max_N"] = SCORECAM_CHANNELS
    else:
        options["normalize_cam"] = False
    call = kinds[method](model, model_modifier=ReplaceToLinear(), clone=True)
    return lambda batch: np.asarray(call(_contrast, batch, **options))[0]


def _saliency(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

    call = Saliency(model, model_modifier=ReplaceToLinear(), clone=True)

    def run(batch: np.ndarray) -> np.ndarray:
        # Noise in a lung mask means nothing: a network that reads one gets the plain gradient.
        plain = 2 in (batch.shape[1], batch.shape[-1])
        state = np.random.get_state()
        np.random.seed(0)
        try:
            found = call(
                _contrast,
                batch,
                smooth_samples=0 if plain else SALIENCY_SAMPLES,
                smooth_noise=0.1,
                keepdims=True,
                normalize_map=False,
            )
        finally:
            np.random.set_state(state)
        slope = np.abs(np.asarray(found)).reshape(batch.shape[1:])
        # The first channel is the film; a mask channel behind it explains nothing to a reader.
        return np.asarray(slope[0] if slope.shape[0] in (1, 2) else slope[..., 0])

    return run
