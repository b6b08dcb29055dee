from dataclasses import replace

import numpy as np
import pytest

from covidweb.bundle import Card, InputSpec, read_bundle
from covidweb.errors import ModelError
from covidweb.networks.seed import CAM_LAYER, build_seed
from covidweb.screening.engine import build_engine, channels_first, network_layout
from covidweb.screening.explain import METHODS, explain

CARD = Card(kind="seed", title="Tiny", input=InputSpec(32), cam_layer=CAM_LAYER)


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(3)
    return build_seed(32, 8)


@pytest.fixture
def films(film):
    return np.stack([film(i, (32, 32)) for i in range(3)])[..., None]


def test_the_logit_is_that_of_the_softmax(model, films):
    found = build_engine(model, CARD)(films)
    answer = model(films).numpy()
    assert found.logits == pytest.approx(np.log(answer[:, 0] / answer[:, 1]), abs=1e-4)


def test_the_fast_map_is_tf_keras_vis_grad_cam(model, films):
    found = build_engine(model, CARD)(films)
    for film, grid in zip(films, found.grids, strict=True):
        assert grid == pytest.approx(explain(model, CAM_LAYER, film, "gradcam"), abs=1e-5)
    assert found.grids.max() > 0


def test_the_classifiers_map_is_its_positive_evidence(classifier_root, film):
    import keras

    from covidweb.networks.classifier import covid_bias, evidence_model

    bundle = read_bundle("classifier", classifier_root)
    model = keras.models.load_model(bundle.weights(), compile=False)
    grey = np.stack([film(i, (112, 112)) for i in range(3)])
    films = np.stack([grey, np.ones_like(grey)], -1).astype(np.float32)
    # A direction that says nothing of the mean cell, so that some speak against COVID-19.
    model.get_layer("opacity_share").set_weights([np.zeros((1, 1))])
    read = model.get_layer("covid_reading")
    weights, bias = read.get_weights()
    usual = evidence_model(model)(films)["features"].numpy().mean(axis=0)
    weights[:, 0] = np.where(np.arange(len(weights)) % 2, 1.0, -1.0)
    weights[:, 0] -= weights[:, 0] @ usual / (usual @ usual) * usual
    read.set_weights([weights, bias])
    found = build_engine(model, bundle.card)(films)
    signed = evidence_model(model)(films)["evidence"].numpy()
    assert signed.min() < 0 < signed.max()
    np.testing.assert_allclose(found.grids, np.maximum(signed, 0), atol=1e-5)
    logits = signed.sum(axis=(1, 2)) + covid_bias(model)
    np.testing.assert_allclose(found.logits, logits, atol=1e-4)
    assert found.features.shape == (3, len(weights)) and found.opacity.shape == (3,)


def test_other_weights_give_another_map(films):
    import keras

    maps = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        maps.append(build_engine(build_seed(32, 8), CARD)(films).grids)
    assert not np.allclose(*maps, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_finite_grid(model, films, method):
    grid = explain(model, CAM_LAYER, films[0], method)
    assert grid.ndim == 2
    assert grid.dtype == np.float32
    assert np.isfinite(grid).all()
    assert grid.min() >= 0
    assert grid.max() > 0


def test_explaining_leaves_the_model_as_it_was(model, films):
    before = model(films).numpy()
    explain(model, CAM_LAYER, films[0], "gradcam++")
    assert model(films).numpy() == pytest.approx(before, abs=1e-7)


def test_an_unknown_method_names_the_known(model, films):
    with pytest.raises(ModelError, match="gradcam"):
        explain(model, CAM_LAYER, films[0], "lime")


def test_a_lung_network_cannot_screen(model):
    with pytest.raises(ModelError, match="lungs"):
        build_engine(model, replace(CARD, kind="lungs"))


def test_channels_first_is_seen_from_the_input():
    import keras

    keras.config.set_image_data_format("channels_first")
    try:
        model = build_seed(32, 8)
    finally:
        keras.config.set_image_data_format("channels_last")
    assert channels_first(model)
    assert network_layout(np.zeros((2, 32, 32, 1)), model).shape == (2, 1, 32, 32)
