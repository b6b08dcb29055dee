"""The audit's changes to films, and what its baselines may see."""

import numpy as np
import pandas as pd
import pytest
from conftest import draw_film

from covidweb.exam.audit import _painted, changes, source_prediction
from covidweb.exam.baselines import _views, file_facts
from covidweb.exam.explanations import SIDE, _aerated, _shuffled, _without, lung_ratios
from covidweb.exam.sample import Sample
from covidweb.radiograph import read_radiograph
from covidweb.screening.regions import Lungs


@pytest.fixture
def radiograph(film_png):
    return read_radiograph(film_png(0))


def halves(side: int = 64) -> Lungs:
    right, left = np.zeros((2, side, side), bool)
    right[16:48, 8:28] = True
    left[16:48, 36:56] = True
    return Lungs(right, left, True)


@pytest.mark.parametrize("name", list(changes()))
def test_changes_are_small_and_not_nothing(name: str) -> None:
    film = draw_film(1)
    changed = changes()[name](film, np.random.default_rng(0))
    assert changed.shape == film.shape and changed.min() >= 0 and changed.max() <= 1
    inner = (slice(40, -40), slice(40, -40))
    assert 1e-4 < np.abs(changed - film)[inner].mean() < 0.2


def test_painting_over_the_lungs_leaves_the_rest(radiograph) -> None:
    painted = _painted(radiograph, halves()).pixels
    lungs = np.kron(halves().mask, np.ones((4, 4), bool))
    assert np.ptp(painted[lungs]) == 0
    np.testing.assert_array_equal(painted[~lungs], radiograph.pixels[~lungs])


def test_the_blackout_baseline_sees_no_lung(radiograph) -> None:
    mask = halves().mask
    lungs = np.kron(mask, np.ones((4, 4), bool))
    other = radiograph.pixels.copy()
    other[lungs] = np.random.default_rng(0).permutation(other[lungs])
    one = _views(radiograph, mask)
    two = _views(type(radiograph)(**{**radiograph.__dict__, "pixels": other}), mask)
    np.testing.assert_allclose(one["blackout"], two["blackout"], atol=1e-6)
    np.testing.assert_array_equal(one["border"], two["border"])


def test_file_facts_are_facts_of_the_original_file() -> None:
    rows = pd.DataFrame(
        {"width": [100, 200], "height": [100, 100], "repo_path": ["a/b.png", "a/c.jpg"]}
    )
    facts = file_facts(rows)
    assert facts[1, 2] == 2 and facts[0, 3] != facts[1, 3]


def test_the_hottest_part_is_painted_over(radiograph) -> None:
    heat = np.zeros((48, 48))
    heat[10:14, 20:30] = 1
    changed = np.abs(_without(radiograph, heat, 40 / 48**2, 0.99).pixels - radiograph.pixels) > 0
    rows, columns = np.nonzero(changed)
    assert rows.min() >= 10 * 256 // 48 - 1 and rows.max() <= 14 * 256 // 48 + 1
    assert columns.min() >= 20 * 256 // 48 - 1 and columns.max() <= 30 * 256 // 48 + 1
    assert _without(radiograph, heat, 0.0, 0.99) is radiograph
    assert sorted(_shuffled(heat, np.random.default_rng(0)).ravel()) == sorted(heat.ravel())


def made_up(features: np.ndarray, sources: list[str]) -> Sample:
    count = len(sources)
    names = [str(i) for i in range(count)]
    rows = pd.DataFrame({"source": sources, "label": "normal", "group": names, "image_id": names})
    inside = np.zeros((8, 8))
    inside[3:5, 2:3] = 1
    return Sample(
        rows,
        [],
        [],
        [halves()] * count,
        np.zeros(count),
        np.stack([inside] * count),
        features,
        [(0.0, 0.0, 1.0, 1.0)] * count,
    )


def test_sources_are_told_apart_only_where_features_differ() -> None:
    rng = np.random.default_rng(0)
    sources = ["a", "b"] * 60
    same = rng.normal(size=(120, 5))
    apart = same + 3 * np.array([[s == "a"] for s in sources])
    assert source_prediction(made_up(same, sources))["normal"].balanced_accuracy < 0.65
    assert source_prediction(made_up(apart, sources))["normal"].balanced_accuracy > 0.9


def test_the_hottest_part_is_painted_and_the_rest_is_not(radiograph) -> None:
    heat = np.zeros((SIDE, SIDE))
    heat[6:12, 24:36] = np.arange(1, 73).reshape(6, 12)
    share = 72 / SIDE**2
    painted = _without(radiograph, heat, share, 0.99).pixels
    step = radiograph.pixels.shape[0] / SIDE
    rows, columns = (np.arange(256) / step).astype(int), (np.arange(256) / step).astype(int)
    hot = heat[np.ix_(rows, columns)] > 0
    assert np.ptp(painted[hot]) == 0 and painted[hot][0] == np.float32(0.99)
    np.testing.assert_array_equal(painted[~hot], radiograph.pixels[~hot])
    half = _without(radiograph, heat, share / 2, 0.99).pixels != radiograph.pixels
    assert not half[heat[np.ix_(rows, columns)] <= 36].any() and half.any()


def test_evidence_in_the_lungs_counts_above_its_area() -> None:
    assert lung_ratios(made_up(np.zeros((2, 3)), ["a", "b"]), np.arange(2)).min() > 2


def test_what_is_painted_looks_like_aerated_lung(radiograph) -> None:
    mask = np.kron(halves().mask, np.ones((4, 4), bool))
    level = _aerated(radiograph, halves())
    assert level == pytest.approx(np.percentile(radiograph.pixels[mask], 30))
    assert _aerated(radiograph, None) == np.median(radiograph.pixels)
