"""The cloud of learned films."""

import json

import numpy as np

from covidweb.training.gate import distances, fit_gate


def test_most_validation_films_pass_and_strangers_do_not() -> None:
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(8, 8))
    learned, validation = (rng.normal(size=(n, 8)) @ mix for n in (900, 500))
    values, limit = fit_gate(learned, validation)
    values = json.loads(json.dumps(values))
    assert np.mean(distances(validation, values) <= limit) > 0.98
    assert 0.8 < distances(validation, values).mean() < 1.2
    assert (distances(validation + 30, values) > limit).all()
