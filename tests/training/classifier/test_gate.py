"""The cloud of learned films."""

import json

import numpy as np

from covidweb.training.classifier.gate import distances, fit_gate


def test_most_validation_films_pass_and_strangers_do_not() -> None:
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(8, 8))
    learned, validation = (rng.normal(size=(n, 8)) @ mix for n in (900, 500))
    values, limit = fit_gate(learned, np.array(["a", "b", "c"] * 300), validation)
    values = json.loads(json.dumps(values))
    assert np.mean(distances(validation, values) <= limit) > 0.98
    assert 0.8 < distances(validation, values).mean() < 1.2
    assert (distances(validation + 30, values) > limit).all()


def test_a_source_that_lies_apart_widens_the_limit() -> None:
    rng = np.random.default_rng(1)
    learned, validation = rng.normal(size=(900, 8)), rng.normal(size=(300, 8))
    sources = np.array(["a", "b", "c"] * 300)
    _, alike = fit_gate(learned, sources, validation)
    learned[sources == "c"] += 2
    values, apart = fit_gate(learned, sources, validation)
    assert apart > alike
    assert np.mean(distances(learned[sources == "c"], values) <= apart) > 0.98
