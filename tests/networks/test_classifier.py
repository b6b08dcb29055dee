"""The classifier's graph: exact evidence, film-by-film preprocessing, and what a library sees."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from covidweb.networks.classifier import (
    CAM_LAYER,
    build_classifier,
    covid_bias,
    covid_direction,
    evidence_model,
)
from covidweb.screening.explain import explain

SIZE = 112


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "dense"])
def model(request) -> keras.Model:
    keras.utils.set_random_seed(3)
    made = build_classifier(SIZE, width=4, dense=request.param)
    made.get_layer("opacity_share").set_weights([np.array([[0.7]], np.float32)])
    made.get_layer("opacity_logit").set_weights(
        [made.get_layer("opacity_logit").get_weights()[0], np.array([0.3], np.float32)]
    )
    return made


def films(count: int = 3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grey = rng.random((count, SIZE, SIZE), np.float32)
    mask = np.zeros((count, SIZE, SIZE), np.float32)
    mask[:, 24:88, 16:48] = mask[:, 24:88, 64:96] = 1
    return np.stack([grey, mask], -1)


def is_dense(model: keras.Model) -> bool:
    return "dense_cells" in {layer.name for layer in model.layers}


def test_answers_are_a_softmax_over_cells_fine_enough(model: keras.Model) -> None:
    answer = model.predict(films(), verbose=0)
    assert answer.shape == (3, 2)
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-6)
    assert model.get_layer(CAM_LAYER).output.shape[1] == (14 if is_dense(model) else 7)
    logit = evidence_model(model).predict(films(), verbose=0)["covid_logit"][:, 0]
    np.testing.assert_allclose(np.log(answer[:, 0] / answer[:, 1]), logit, atol=1e-4)


def test_evidence_adds_up_to_the_logit(model: keras.Model) -> None:
    found = evidence_model(model).predict(films(), verbose=0)
    total = found["evidence"].sum(axis=(1, 2)) + covid_bias(model)
    np.testing.assert_allclose(total, found["covid_logit"][:, 0], atol=1e-4)
    read = found["features"] @ covid_direction(model) + covid_bias(model)
    np.testing.assert_allclose(read, found["covid_logit"][:, 0], atol=1e-4)


def test_evidence_is_grad_cam(model: keras.Model) -> None:
    film = films(1)
    grid = evidence_model(model).predict(film, verbose=0)["evidence"][0]
    reference = explain(model, CAM_LAYER, film[0], "gradcam")
    np.testing.assert_allclose(np.maximum(grid, 0), reference, atol=1e-5)


def test_no_evidence_away_from_the_lungs(model: keras.Model) -> None:
    grid = evidence_model(model).predict(films(1), verbose=0)["evidence"][0]
    assert np.abs(grid[:, 0]).max() == 0 and np.abs(grid[-1]).max() == 0
    fine = len(grid) // 7
    assert np.abs(grid[2 * fine : 5 * fine, fine : 3 * fine]).max() > 0


def test_a_dense_networks_features_are_the_mean_of_all_its_cells() -> None:
    keras.utils.set_random_seed(3)
    plain = build_classifier(SIZE, width=4)
    dense = build_classifier(SIZE, width=4, dense=True)
    for layer in plain.layers:
        dense.get_layer(layer.name).set_weights(layer.get_weights())
    film = films(1)
    film[..., 1] = 1
    names = ("widen_relu", "seen_map", "features")
    every, seen, features = keras.Model(
        dense.input, [dense.get_layer(name).output for name in names]
    ).predict(film, verbose=0)
    few = keras.Model(plain.input, plain.get_layer("widen_relu").output).predict(film, verbose=0)
    np.testing.assert_allclose(every[:, ::2, ::2], few, atol=1e-4)
    np.testing.assert_allclose(features, seen.mean(axis=(1, 2)), rtol=1e-4, atol=1e-6)


def test_what_is_away_from_the_lungs_changes_nothing(model: keras.Model) -> None:
    film = films(1)
    film[:, :48, :, 1] = 0
    marked = film.copy()
    marked[:, :4, :, 0] = 1 - marked[:, :4, :, 0]
    read = evidence_model(model)
    before, after = (read.predict(x, verbose=0)["features"] for x in (film, marked))
    np.testing.assert_allclose(after, before, atol=1e-5)
    marked[:, 60:80, 20:40, 0] = 1
    moved = np.abs(read.predict(marked, verbose=0)["features"] - before)
    looks = np.arange(before.shape[1]) != 4  # How opaque an untrained cell is hardly moves.
    assert moved[:, looks].max() > 0.05 * np.abs(before[:, looks]).max()


def test_brightness_and_contrast_hardly_matter(model: keras.Model) -> None:
    film = films(1)
    changed = film.copy()
    changed[..., 0] = 0.2 + 0.6 * film[..., 0]
    logit = evidence_model(model)
    before, after = (logit.predict(x, verbose=0)["features"] for x in (film, changed))
    np.testing.assert_allclose(after, before, atol=0.05 * np.abs(before).max())


def test_survives_saving(model: keras.Model, tmp_path) -> None:
    path = tmp_path / "classifier.keras"
    model.save(path)
    again = keras.models.load_model(path, compile=False)
    np.testing.assert_allclose(
        again.predict(films(), verbose=0), model.predict(films(), verbose=0), atol=1e-6
    )
    assert set(evidence_model(again).output) == {
        "covid_logit",
        "opacity_logit",
        "features",
        "evidence",
    }


@pytest.mark.parametrize("size", [100, 120, 0])
def test_refuses_sizes_without_cells(size: int) -> None:
    with pytest.raises(ValueError, match=f"size={size}"):
        build_classifier(size)


def _in_new_thread(function):
    """Run a function where Keras counts its operations from 0 again."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


def test_no_name_of_a_loaded_network_is_used_twice(tmp_path) -> None:
    path = tmp_path / "classifier.keras"
    _in_new_thread(lambda: build_classifier(SIZE, width=4).save(path))

    def load() -> set[str]:
        loaded = keras.models.load_model(path, compile=False)
        return {layer.name for layer in evidence_model(loaded).layers}

    assert {"film", CAM_LAYER, "evidence"} <= _in_new_thread(load)
