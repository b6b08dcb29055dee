"""The COVID head turns away from directions that only tell sources apart."""

import numpy as np
import pytest

from covidweb.metrics import auc
from covidweb.training.classifier.head import Head, HeadOptions, Kinds, fit_head, left_out, logistic

SICK, WELL = ("a", "b", "c"), ("x", "y", "z")


def made_up(seed: int = 0, films: int = 60) -> Kinds:
    """Disease along feature 0; each source has an offset along 1 and 2, classes apart along 1."""
    rng = np.random.default_rng(seed)
    features, labels, sources = [], [], []
    for label, names, sick in (("covid", SICK, 1.0), ("normal", WELL, 0.0)):
        for number, name in enumerate(names):
            part = rng.normal(0, 1, (films, 6))
            part[:, 0] += 1.5 * sick
            part[:, 1] += 1.5 * sick + 3 * (number - 1)
            part[:, 2] += 2 * (number - 1)
            features.append(part)
            labels += [label] * films
            sources += [name] * films
    label = np.array(labels)
    source = np.array(sources)
    return Kinds(np.concatenate(features), label, source, np.ones(len(label), bool), source)


NO_OPACITY = Head(np.eye(6)[3], 0.0)


def test_a_penalty_turns_away_from_places() -> None:
    films = made_up()
    free = fit_head(films, NO_OPACITY, HeadOptions(0.0, 0.01, 0.0)).weights
    held = fit_head(films, NO_OPACITY, HeadOptions(30.0, 0.01, 0.0)).weights
    # The places lie along (3, 2) in features 1 and 2.
    free_lean, held_lean = (abs(w[1:3] @ [3, 2] / w[0]) for w in (free, held))
    assert held_lean < free_lean / 5
    assert held[0] > 0


def test_it_holds_in_sources_left_out() -> None:
    films = made_up()
    pairs = [(a, b) for a in SICK for b in WELL]

    def mean(penalty: float) -> float:
        found = left_out(films, NO_OPACITY, HeadOptions(penalty, 0.01, 0.0), pairs)
        scores = [
            auc(np.repeat([1, 0], [len(s), len(w)]), np.concatenate([s, w]))
            for s, w in found.values()
        ]
        return float(np.mean(scores))

    assert mean(30.0) > mean(0.0) + 0.03


def test_what_is_left_out_takes_no_part_in_its_own_score() -> None:
    films = made_up()
    options = HeadOptions(5.0, 0.02, 0.0)
    found = left_out(films, NO_OPACITY, options, [("a", "x")])
    head = fit_head(films.take(~np.isin(films.source, ("a", "x"))), NO_OPACITY, options)
    sick, well = found["a", "x"]
    np.testing.assert_allclose(sick, head(films.features[films.source == "a"]))
    np.testing.assert_allclose(well, head(films.features[films.source == "x"]))
    whole = fit_head(films, NO_OPACITY, options)
    assert not np.allclose(sick, whole(films.features[films.source == "a"]), rtol=1e-3)


def test_a_source_counts_once_however_many_films_it_has() -> None:
    films = made_up()
    options = HeadOptions(5.0, 0.02, 0.3)
    times = np.where(films.source == "a", 7, 1)
    more = films.take(np.repeat(np.arange(len(times)), times))
    one, two = (fit_head(f, NO_OPACITY, options) for f in (films, more))
    np.testing.assert_allclose(two.weights, one.weights, rtol=5e-3)
    assert two.bias == pytest.approx(one.bias, rel=1e-2)


def test_the_opacity_share_is_what_it_says() -> None:
    films = made_up()
    head = fit_head(films, NO_OPACITY, HeadOptions(1.0, 0.01, 0.5))
    rest = head.weights - head.share * NO_OPACITY.weights
    own = fit_head(films, NO_OPACITY, HeadOptions(1.0, 0.01, 0.0)).weights
    assert head.share > 0
    assert abs(rest @ own) / np.linalg.norm(rest) / np.linalg.norm(own) == pytest.approx(1)


def test_films_without_an_answer_never_move_the_means() -> None:
    films = made_up()
    children = np.full((40, 6), 50.0)
    more = Kinds(
        np.concatenate([films.features, children]),
        np.concatenate([films.label, np.repeat("pneumonia", 40)]),
        np.concatenate([films.source, np.repeat("k", 40)]),
        np.concatenate([films.answers, np.zeros(40, bool)]),
        np.concatenate([films.place, np.repeat("k", 40)]),
    )
    options = HeadOptions(5.0, 0.05, 0.0)
    one, two = (fit_head(f, NO_OPACITY, options).weights for f in (films, more))
    assert one @ two / np.linalg.norm(one) / np.linalg.norm(two) > 0.99


def test_logistic_finds_slope_and_bias() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(0, 2, 20000)
    truth = rng.random(20000) < 1 / (1 + np.exp(-(0.8 * score - 0.5)))
    slope, bias = logistic(score, truth)
    assert slope == pytest.approx(0.8, abs=0.05) and bias == pytest.approx(-0.5, abs=0.05)
    assert logistic(score, score < 0)[0] > 0
