import numpy as np
import pytest

from covidweb.networks.compiled import compiled


def test_a_compiled_network_answers_like_the_network_for_any_batch():
    import keras

    keras.utils.set_random_seed(1)
    film = keras.Input((6, 6, 1))
    x = keras.layers.Dropout(0.5)(keras.layers.Conv2D(3, 3)(film))
    model = keras.Model(film, {"map": x, "mean": keras.layers.GlobalAveragePooling2D()(x)})
    run = compiled(model)
    for count in (1, 5):
        films = np.random.default_rng(count).random((count, 6, 6, 1), np.float32)
        found, wanted = run(films), model(films, training=False)
        assert set(found) == {"map", "mean"}
        assert found["map"].dtype == np.float32
        assert found["map"] == pytest.approx(wanted["map"].numpy(), abs=1e-6)
