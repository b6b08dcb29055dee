"""The COVID head: a linear reading of the features that turns away from where films came from.

Features are shaped by lessons within sources. What is left to do is to choose a direction in them.
The direction that best tells COVID-19 from normal also tells hospitals apart, so directions along
which films of one kind differ between sources are penalised: with S_w the scatter of films around
their source's mean and S_b that of sources around their kind's mean, a direction's length is
measured by S_w + penalty S_b + ridge, as within-class covariance normalisation (Hatch et al.,
Interspeech 2006) has it, and a logistic fit pays for length. Places count equally in the fit.
Other pneumonias, findings and children take part in the scatter. Of these only healthy children
count in the fit, as a small share of the normals: no child of the data has COVID-19, so that a
child's chest says nothing about the disease, but what speaks for COVID-19 must not be the looks of
a child.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class HeadOptions:
    """How the direction is chosen.

    Attributes:
        penalty: weight of the scatter between sources of one kind; 0 ignores it.
        ridge: added to the diagonal, as a fraction of the mean variance.
        fit: what the mean log loss weighs against half the squared length of the direction. Small,
            the direction is that of linear discriminant analysis in the metric.
        children: what healthy children weigh in the fit, as a share of the normals.
        opacity: share of the opacity answer in the COVID logit, both scaled to unit spread.
    """

    penalty: float = 10.0
    ridge: float = 0.02
    fit: float = 200.0
    children: float = 0.1
    opacity: float = 0.7


@dataclass(frozen=True, eq=False)
class Kinds:
    """Films with what the head may know of them.

    Attributes:
        features: float (N, C).
        label: (N,) of `covid`, `normal`, `pneumonia`, `other`.
        source: (N,).
        answers: bool (N,), whether the film counts as COVID-19 or normal: adults.
        children: bool (N,), whether it is a healthy child's.
        place: (N,), sources divided further, by view where it is known of a whole source: AP and
            PA films of one hospital are two places, since the view must not give the answer.
    """

    features: np.ndarray
    label: np.ndarray
    source: np.ndarray
    answers: np.ndarray
    children: np.ndarray
    place: np.ndarray

    def take(self, chosen: np.ndarray) -> "Kinds":
        """Return the films that a bool (N,) chooses."""
        return Kinds(*(values[chosen] for values in self._columns()))

    def joined(self, others: "Kinds") -> "Kinds":
        """Return these films and others."""
        pairs = zip(self._columns(), others._columns(), strict=True)
        return Kinds(*(np.concatenate(pair) for pair in pairs))

    def _columns(self) -> tuple[np.ndarray, ...]:
        return (
            self.features,
            self.label,
            self.source,
            self.answers,
            self.children,
            self.place,
        )


@dataclass(frozen=True, eq=False)
class Head:
    """A linear reading: logit = features @ weights + bias, about in units of a log odds.

    Attributes:
        share: how much of `weights` is the opacity head's weights, as a factor on them.
    """

    weights: np.ndarray
    bias: float
    share: float = 0.0

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return logits (N,) of features (N, C)."""
        return np.asarray(features @ self.weights + self.bias)


def fit_head(films: Kinds, opacity: Head, options: HeadOptions) -> Head:
    """Fit the COVID reading and join the opacity answer to it.

    Args:
        films: training films, already transformed by the trained trunk.
        opacity: the opacity head.
        options: see `HeadOptions`.

    Returns:
        The joint head, scaled so that a logistic fit on the training films has slope 1.
    """
    direction = _direction(films, options)
    direction = direction / _spread(films, direction)
    share = options.opacity / _spread(films, opacity.weights)
    joint = scaled_head(films, (1 - options.opacity) * direction + share * opacity.weights)
    slope = float(np.linalg.norm(joint.weights))
    slope /= float(np.linalg.norm((1 - options.opacity) * direction + share * opacity.weights))
    return replace(joint, share=slope * share)


def scaled_head(films: Kinds, direction: np.ndarray) -> Head:
    """Return the head along a direction whose logits fit the films, sources counted equally."""
    known = films.answers
    scores = films.features[known] @ direction
    truth = films.label[known] == "covid"
    slope, bias = logistic(scores, truth, _balance(films.label[known], films.place[known]))
    return Head(slope * direction, bias)


def scatters(films: Kinds) -> tuple[np.ndarray, np.ndarray]:
    """Return the scatter within sources and between sources of one kind, (C, C) each."""
    size = films.features.shape[1]
    within, between = np.zeros((size, size)), np.zeros((size, size))
    groups, kinds = 0, 0
    for label in np.unique(films.label):
        means = []
        for part in _sources(films, label):
            centred = part - part.mean(axis=0)
            within += centred.T @ centred / len(part)
            means.append(part.mean(axis=0))
            groups += 1
        if len(means) > 1:
            offsets = np.stack(means) - np.mean(means, axis=0)
            between += offsets.T @ offsets / (len(means) - 1)
            kinds += 1
    return within / groups, between / max(1, kinds)


def _direction(films: Kinds, options: HeadOptions) -> np.ndarray:
    """Return the direction float (C,) of the penalised logistic fit."""
    from sklearn.linear_model import LogisticRegression

    within, between = scatters(films)
    spread = np.trace(within) / len(within)
    metric = within + options.penalty * between + options.ridge * spread * np.eye(len(within))
    # In these coordinates the metric is the usual one, whose length the library's ridge measures.
    whiten = np.linalg.cholesky(np.linalg.inv(metric))
    known = films.answers | (films.children if options.children else False)
    kind = np.where(films.children, "child", films.label)[known]
    weights = _balance(kind, films.place[known]) * np.where(kind == "child", options.children, 1)
    model = LogisticRegression(C=options.fit, tol=1e-6, max_iter=1000)
    model.fit(
        films.features[known] @ whiten,
        films.label[known] == "covid",
        weights / weights.sum(),
    )
    return np.asarray(whiten @ model.coef_[0])


def logistic(
    scores: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Fit truth ~ sigmoid(slope * scores + bias); returns slope and bias.

    A pinch of ridge keeps separable scores finite; the slope is never negative.
    """
    from sklearn.linear_model import LogisticRegression

    middle, spread = float(scores.mean()), float(scores.std() + 1e-9)
    weights = np.ones(len(scores)) if weights is None else weights / weights.mean()
    model = LogisticRegression(C=100.0)
    model.fit(((scores - middle) / spread)[:, None], np.asarray(truth, bool), weights)
    gain = max(float(model.coef_[0, 0]), 1e-3) / spread
    return gain, float(model.intercept_[0]) - gain * middle


def left_out(
    films: Kinds,
    opacity: Head,
    options: HeadOptions,
    pairs: Iterable[tuple[str, str]],
    copies: Kinds | None = None,
) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """Score each pair of a COVID source and a normal source with a head that saw neither.

    Args:
        films: to fit on and to score.
        opacity: the opacity head.
        options: see `HeadOptions`.
        pairs: of sources.
        copies: films to fit on only.

    Returns:
        For each pair, the logits of its COVID films and of its normal films.
    """
    learned = films if copies is None else films.joined(copies)
    found = {}
    for sick, well in pairs:
        head = fit_head(learned.take(~np.isin(learned.source, (sick, well))), opacity, options)
        found[sick, well] = (
            head(films.features[(films.source == sick) & (films.label == "covid")]),
            head(films.features[(films.source == well) & (films.label == "normal")]),
        )
    return found


def _sources(films: Kinds, label: str) -> list[np.ndarray]:
    kind = films.label == label
    return [films.features[kind & (films.place == p)] for p in np.unique(films.place[kind])]


def _balance(label: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Return weights that give labels, and sources within a label, the same sum."""
    weights = np.zeros(len(label))
    for name in np.unique(label):
        sources = np.unique(source[label == name])
        for one in sources:
            chosen = (label == name) & (source == one)
            weights[chosen] = 1 / (len(sources) * chosen.sum())
    return weights


def _spread(films: Kinds, direction: np.ndarray) -> float:
    """Return the standard deviation of scores within sources, averaged."""
    parts = [p for label in np.unique(films.label) for p in _sources(films, label)]
    return float(np.sqrt(np.mean([np.var(part @ direction) for part in parts])) + 1e-9)
