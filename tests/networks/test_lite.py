"""LiteRT's form of a network: the same answers, any batch, any thread, and no TensorFlow."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from covidweb.errors import ModelError
from covidweb.networks.lite import converted, lite


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    film = keras.Input((12, 12, 2))
    x = keras.layers.Conv2D(64, 3, activation="relu", name="first")(film)
    x = keras.layers.BatchNormalization(name="norm")(keras.layers.Conv2D(3, 3, name="map")(x))
    return keras.Model(film, {"map": x, "mean": keras.layers.GlobalAveragePooling2D()(x)})


@pytest.fixture(scope="module")
def content(model):
    return converted(model)


def films(count, seed=0):
    return np.random.default_rng(seed).random((count, 12, 12, 2), np.float32)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_it_answers_like_the_network_for_any_batch(model, content, count):
    found, wanted = lite(content)(films(count)), model(films(count), training=False)
    assert set(found) == {"map", "mean"}
    for name in found:
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], wanted[name], atol=1e-5)


def test_a_network_of_one_output_gives_an_array(model):
    only = keras.Model(model.input, model.get_layer("map").output)
    found = lite(converted(only))(films(3))
    np.testing.assert_allclose(found, only(films(3), training=False), atol=1e-5)


def test_callers_at_once_get_their_own_films_answers(content):
    run, batches = lite(content), [films(3, seed) for seed in range(24)]
    alone = [run(batch)["mean"] for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda batch: run(batch)["mean"], batches * 4))
    for found, wanted in zip(together, alone * 4, strict=True):
        assert np.array_equal(found, wanted)


def test_answers_are_kept_when_the_next_film_comes(content):
    run = lite(content)
    first = run(films(1))["map"]
    before = first.copy()
    run(films(1, seed=9))
    assert np.array_equal(first, before)


def test_the_same_network_gives_the_same_bytes(model, content):
    assert converted(model) == content


def test_eight_bits_are_smaller_and_near(model, content):
    small = converted(model, eight_bits=True)
    assert len(small) < len(content)
    found, wanted = lite(small)(films(4))["map"], lite(content)(films(4))["map"]
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.ptp(wanted)


@pytest.mark.parametrize("broken", [b"", b"not a network", None])
def test_what_is_no_network_is_named(content, broken):
    with pytest.raises(ModelError, match="LiteRT cannot read this network"):
        lite(content[:100] if broken is None else broken)


def test_tensorflow_is_not_needed_and_nothing_is_said(content, tmp_path):
    path = tmp_path / "network.tflite"
    path.write_bytes(content)
    code = (
        "import sys; import numpy as np; from covidweb.networks.lite import lite; "
        f"run = lite(open({str(path)!r}, 'rb').read()); "
        "run(np.zeros((5, 12, 12, 2), np.float32)); "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
