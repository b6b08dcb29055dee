"""The COVID head turns away from directions that only tell sources apart."""

import numpy as np
import pytest

from covidweb.metrics import auc
from covidweb.training.classifier.head import (
    Head,
    HeadOptions,
    Kinds,
    fit_head,
    left_out,
    logistic,
    scatters,
)

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
    return _adults(np.concatenate(features), label, source)


def _adults(features: np.ndarray, label: np.ndarray, source: np.ndarray) -> Kinds:
    every = np.ones(len(label), bool)
    return Kinds(features, label, source, every, ~every, source)


def _with_more(
    films: Kinds, features: np.ndarray, label: str, source: str, children: bool
) -> Kinds:
    """Add films that give no answer."""
    count = len(features)
    return Kinds(
        np.concatenate([films.features, features]),
        np.concatenate([films.label, np.repeat(label, count)]),
        np.concatenate([films.source, np.repeat(source, count)]),
        np.concatenate([films.answers, np.zeros(count, bool)]),
        np.concatenate([films.children, np.full(count, children)]),
        np.concatenate([films.place, np.repeat(source, count)]),
    )


NO_OPACITY = Head(np.eye(6)[3], 0.0)


def test_a_penalty_turns_away_from_places() -> None:
    films = made_up()
    free = fit_head(films, NO_OPACITY, HeadOptions(0.0, 0.01, fit=0.1, opacity=0.0)).weights
    held = fit_head(films, NO_OPACITY, HeadOptions(30.0, 0.01, fit=0.1, opacity=0.0)).weights
    # The places lie along (3, 2) in features 1 and 2.
    free_lean, held_lean = (abs(w[1:3] @ [3, 2] / w[0]) for w in (free, held))
    assert held_lean < free_lean / 5
    assert held[0] > 0


def test_it_holds_in_sources_left_out() -> None:
    films = made_up()
    pairs = [(a, b) for a in SICK for b in WELL]

    def mean(penalty: float) -> float:
        found = left_out(films, NO_OPACITY, HeadOptions(penalty, 0.01, fit=0.1, opacity=0.0), pairs)
        scores = [
            auc(np.repeat([1, 0], [len(s), len(w)]), np.concatenate([s, w]))
            for s, w in found.values()
        ]
        return float(np.mean(scores))

    assert mean(30.0) > mean(0.0) + 0.03


def test_what_is_left_out_takes_no_part_in_its_own_score() -> None:
    films = made_up()
    options = HeadOptions(5.0, 0.02, opacity=0.0)
    found = left_out(films, NO_OPACITY, options, [("a", "x")])
    head = fit_head(films.take(~np.isin(films.source, ("a", "x"))), NO_OPACITY, options)
    sick, well = found["a", "x"]
    np.testing.assert_allclose(sick, head(films.features[films.source == "a"]))
    np.testing.assert_allclose(well, head(films.features[films.source == "x"]))
    whole = fit_head(films, NO_OPACITY, options)
    assert not np.allclose(sick, whole(films.features[films.source == "a"]), rtol=1e-3)


def test_copies_of_what_is_left_out_take_no_part_either() -> None:
    films, options = made_up(), HeadOptions(5.0, 0.02, opacity=0.0)
    copies = films.take(np.isin(films.source, ("a", "x", "b")))
    louder = Kinds(5 * copies.features, *copies._columns()[1:])
    only = louder.take(louder.source == "b")
    found = [
        left_out(films, NO_OPACITY, options, [("a", "x")], more)["a", "x"]
        for more in (louder, only, None)
    ]
    np.testing.assert_allclose(found[0][0], found[1][0])
    assert not np.allclose(found[1][0], found[2][0], rtol=1e-3)


def test_a_source_counts_once_however_many_films_it_has() -> None:
    films = made_up()
    options = HeadOptions(5.0, 0.02, opacity=0.3)
    times = np.where(films.source == "a", 7, 1)
    more = films.take(np.repeat(np.arange(len(times)), times))
    one, two = (fit_head(f, NO_OPACITY, options) for f in (films, more))
    np.testing.assert_allclose(two.weights, one.weights, rtol=5e-3)
    assert two.bias == pytest.approx(one.bias, rel=1e-2)


def test_the_opacity_share_is_what_it_says() -> None:
    films = made_up()
    head = fit_head(films, NO_OPACITY, HeadOptions(1.0, 0.01, opacity=0.5))
    rest = head.weights - head.share * NO_OPACITY.weights
    own = fit_head(films, NO_OPACITY, HeadOptions(1.0, 0.01, opacity=0.0)).weights
    assert head.share > 0
    assert abs(rest @ own) / np.linalg.norm(rest) / np.linalg.norm(own) == pytest.approx(1)


def test_healthy_children_keep_the_looks_of_a_child_out_of_the_answer() -> None:
    films = made_up()
    looks = np.random.default_rng(1).normal([1.5, 0, 0, 0, 4, 0], 1, (60, 6))
    films = _with_more(films, looks, "normal", "k", children=True)
    free, held = (
        fit_head(films, NO_OPACITY, HeadOptions(0.0, 0.01, children=share, opacity=0.0))
        for share in (0.0, 0.1)
    )
    answers = films.answers & (films.label == "covid")
    limits = [np.quantile(h(films.features[answers]), 0.1) for h in (free, held)]
    called = [
        np.mean(h(films.features[films.children]) >= limit)
        for h, limit in zip((free, held), limits, strict=True)
    ]
    assert called[1] < called[0] / 2
    assert held.weights[4] < free.weights[4]


def test_a_loose_fit_is_linear_discriminant_analysis() -> None:
    films = made_up()
    head = fit_head(films, NO_OPACITY, HeadOptions(2.0, 0.01, fit=1e-4, opacity=0.0))
    within, between = scatters(films)
    metric = within + 2 * between + 0.01 * np.trace(within) / 6 * np.eye(6)
    covid, normal = (
        np.mean([films.features[films.source == name].mean(axis=0) for name in names], axis=0)
        for names in (SICK, WELL)
    )
    expected = np.linalg.solve(metric, covid - normal)
    lengths = np.linalg.norm(head.weights) * np.linalg.norm(expected)
    assert head.weights @ expected / lengths == pytest.approx(1, abs=1e-4)


def test_films_without_an_answer_never_move_the_means() -> None:
    films = made_up()
    more = _with_more(films, np.full((40, 6), 50.0), "pneumonia", "k", children=False)
    options = HeadOptions(5.0, 0.05, opacity=0.0)
    one, two = (fit_head(f, NO_OPACITY, options).weights for f in (films, more))
    assert one @ two / np.linalg.norm(one) / np.linalg.norm(two) > 0.99


def test_logistic_finds_slope_and_bias() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(0, 2, 20000)
    truth = rng.random(20000) < 1 / (1 + np.exp(-(0.8 * score - 0.5)))
    slope, bias = logistic(score, truth)
    assert slope == pytest.approx(0.8, abs=0.05) and bias == pytest.approx(-0.5, abs=0.05)
    assert logistic(score, score < 0)[0] > 0
