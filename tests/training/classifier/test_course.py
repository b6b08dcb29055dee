"""The mean of networks that were taught from one start."""

import keras
import numpy as np

from covidweb.training.classifier.course import COURSES, LAST, averaged
from covidweb.training.classifier.fit import Recipe, start
from covidweb.training.classifier.lessons import Mix

RECIPE = Recipe(size=64, width=4, stage=3, pretrained=False, frozen=0)


def network(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return start(RECIPE)


def test_every_weight_of_the_mean_is_the_mean() -> None:
    models = [network(0), network(1)]
    before = [model.get_weights() for model in models]
    found = averaged(models)
    assert found is models[0]
    for mean, one, two in zip(found.get_weights(), *before, strict=True):
        np.testing.assert_allclose(mean, (one + two) / 2, atol=1e-7)
    assert any(np.abs(one - two).max() > 0.01 for one, two in zip(*before, strict=True))


def test_shares_weigh() -> None:
    (one, two), found = [network(seed).get_weights() for seed in (0, 1)], network(0)
    averaged([found, network(1)], (0.75, 0.25))
    for mean, a, b in zip(found.get_weights(), one, two, strict=True):
        np.testing.assert_allclose(mean, 0.75 * a + 0.25 * b, atol=1e-7)


def test_the_mean_of_one_network_is_that_network() -> None:
    (before,), found = [network(2).get_weights()], averaged([network(2)])
    for mean, one in zip(found.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mean, one)


def test_the_courses_have_networks_of_one_shape_and_one_start() -> None:
    shapes = {
        (c.recipe.size, c.recipe.width, c.recipe.stage, c.recipe.pretrained, c.recipe.frozen)
        for c in COURSES
    }
    assert len(shapes) == 1 and len({(c.recipe.gradient, c.recipe.place) for c in COURSES}) == 2


def test_what_moves_most_is_kept_still_most_often() -> None:
    def films(mix: Mix, source: str) -> float:
        return sum(p.films for p in mix.plans if p.source == source) / sum(
            p.films for p in mix.plans
        )

    for plan in LAST:
        assert plan.mix is not None
        for source in ("kermany", "nih"):
            assert films(plan.mix, source) > films(Mix(), source)
