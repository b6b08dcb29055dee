"""How good scores are: intervals, curves and tables from labels, scores and groups.

Pure numpy, so that a page can use it within its two seconds (importing scikit-learn alone takes
about one); the tests compare every figure to scikit-learn's. Throughout, `labels` are 0/1 or bool
(N,), `scores` are probabilities of the positive class in 0..1 (N,), a film is called positive when
`score >= threshold`, and intervals are 95 % percentile bootstraps that draw whole groups
(patients), because films of one patient are not independent.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike

Counts = Mapping[str, Any]

PREVALENCES = (0.01, 0.05, 0.10, 0.20)
"""Shares of infected people at which PPV and NPV are reported."""

_PERCENTILES = (2.5, 97.5)
_CELLS = ("tp", "fn", "fp", "tn")


class Value(TypedDict):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Bin(TypedDict):
    """Films of like score: how many, their mean score, and the share of positives."""

    mean: float
    rate: float
    n: int


class Reliability(TypedDict):
    """What `reliability` finds."""

    bins: list[Bin]
    ece: float
    brier: float


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve, ties counted half; NaN when one class is missing."""
    positive, values = _arrays(labels, scores)
    _, inverse = np.unique(values, return_inverse=True)
    return float(_weighted_auc(*_score_counts(positive, inverse, np.zeros(len(values), int), 1))[0])


def auc_interval(
    labels: ArrayLike, scores: ArrayLike, groups: ArrayLike, n: int = 1000, seed: int = 0
) -> Value | None:
    """Return the AUC with its bootstrap interval over groups.

    Args:
        labels: 0/1 (N,).
        scores: floats (N,); any monotone scale.
        groups: one name per film (N,); films of one group are drawn together.
        n: bootstrap draws.
        seed: of the draws.

    Returns:
        `{"value", "low", "high"}`, or None when one class is missing.
    """
    positive, values = _arrays(labels, scores)
    if positive.all() or not positive.any():
        return None
    weights, index = _draws(groups, n, seed)
    _, inverse = np.unique(values, return_inverse=True)
    by_positive, by_negative = _score_counts(positive, inverse, index, weights.shape[1])
    drawn = [
        _weighted_auc(_times(part, by_positive), _times(part, by_negative))
        for part in np.array_split(weights, max(1, n * by_positive.shape[1] // 2_000_000))
    ]
    return _interval(auc(positive, values), np.concatenate(drawn))


def metrics_table(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
    threshold: float,
    n: int = 1000,
    seed: int = 0,
) -> dict[str, Value | None]:
    """Return the `metrics` of one set, as `evaluation.json` stores them.

    Args:
        labels: 0/1 (N,).
        scores: calibrated probabilities (N,).
        groups: one name per film (N,).
        threshold: operating point on the scores.
        n: bootstrap draws.
        seed: of the draws.

    Returns:
        `auc`, `sensitivity`, `specificity`, `accuracy`, `ece`, `brier` and, for every one of
        `PREVALENCES` in percent, `ppv_<p>` and `npv_<p>`: each `{"value", "low", "high"}`, or None
        where it is not defined (no films of the class that it needs).
    """
    return {
        "auc": auc_interval(labels, scores, groups, n, seed),
        **rates_table(labels, scores, groups, threshold, n, seed),
    }


def rates_table(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
    threshold: float,
    n: int = 1000,
    seed: int = 0,
    prevalence: float | None = None,
) -> dict[str, Value | None]:
    """Return `metrics_table` without `auc`, in milliseconds: fast enough for a slider.

    With a `prevalence`, `ppv` and `npv` at it are there too.
    """
    positive, values = _arrays(labels, scores)
    if not len(values):
        chosen = () if prevalence is None else ("ppv", "npv")
        return {name: None for name in (*metric_names()[1:], *chosen)}
    weights, index = _draws(groups, n, seed)
    once = np.ones((1, weights.shape[1]))
    columns = _film_columns(positive, values, threshold)
    by_group = np.stack([np.bincount(index, c, weights.shape[1]) for c in columns], axis=1)
    point, drawn = (_rates(w @ by_group, prevalence) for w in (once, weights))
    return {name: _interval(float(point[name][0]), drawn[name]) for name in drawn}


def metric_names() -> tuple[str, ...]:
    """Return the keys of `metrics_table`, in its order."""
    predictive = [f"{kind}_{p * 100:.0f}" for p in PREVALENCES for kind in ("ppv", "npv")]
    return ("auc", "sensitivity", "specificity", "accuracy", "ece", "brier", *predictive)


def at_threshold(labels: ArrayLike, scores: ArrayLike, threshold: float) -> dict[str, Any]:
    """Return the confusion matrix at a threshold: `tp`, `fn`, `fp`, `tn` and the rates from them.

    Returns:
        The four counts, `sensitivity`, `specificity`, `accuracy`; a rate is NaN where its class is
        missing.
    """
    positive, values = _arrays(labels, scores)
    called = values >= threshold
    counts: dict[str, Any] = {
        "tp": int((called & positive).sum()),
        "fn": int((~called & positive).sum()),
        "fp": int((called & ~positive).sum()),
        "tn": int((~called & ~positive).sum()),
    }
    return {**counts, **_counted_rates(counts)}


def reliability(labels: ArrayLike, scores: ArrayLike, bins: int = 10) -> Reliability:
    """Return how the predicted probabilities compare to what was seen, in equal-width bins.

    Returns:
        `bins`: for each bin with films its `mean` score, `rate` of positives and `n`; `ece`, the
        mean distance of the two weighted by films; `brier`, the mean squared error. Both are NaN
        without films.
    """
    positive, values = _arrays(labels, scores)
    index = _bins(values, bins)
    count = np.bincount(index, minlength=bins)
    total, hits = (np.bincount(index, w, bins) for w in (values, positive.astype(float)))
    rows: list[Bin] = [
        {"mean": float(total[b] / count[b]), "rate": float(hits[b] / count[b]), "n": int(count[b])}
        for b in np.flatnonzero(count)
    ]
    if not rows:
        return {"bins": [], "ece": float("nan"), "brier": float("nan")}
    ece = float(np.abs(total - hits).sum() / len(values))
    return {"bins": rows, "ece": ece, "brier": float(np.mean((values - positive) ** 2))}


def roc(labels: ArrayLike, scores: ArrayLike) -> dict[str, np.ndarray]:
    """Return the ROC curve: float arrays `fpr`, `tpr`, `threshold`, from (0, 0) to (1, 1).

    The first threshold is infinite: nothing is called positive there.
    """
    positive, values = _arrays(labels, scores)
    true, false, cuts = _cumulative(positive, values)
    return {
        "fpr": np.append(0.0, _share(false, (~positive).sum())),
        "tpr": np.append(0.0, _share(true, positive.sum())),
        "threshold": np.append(np.inf, cuts),
    }


def precision_recall(labels: ArrayLike, scores: ArrayLike) -> dict[str, np.ndarray]:
    """Return the precision-recall curve by falling threshold: `precision`, `recall`, `threshold`.

    The curve starts at recall 0 with precision 1, where the threshold is infinite.
    """
    positive, values = _arrays(labels, scores)
    true, false, cuts = _cumulative(positive, values)
    return {
        "precision": np.append(1.0, true / (true + false)),
        "recall": np.append(0.0, _share(true, positive.sum())),
        "threshold": np.append(np.inf, cuts),
    }


def decision_curve(
    labels: ArrayLike,
    scores: ArrayLike,
    prevalence: float | None = None,
    cuts: Sequence[float] | None = None,
) -> dict[str, np.ndarray]:
    """Return the net benefit of acting on the score, over the threshold at which one would act.

    Net benefit is true positives minus false positives weighted by the odds of the threshold, per
    person screened (Vickers and Elkin 2006); "treat none" is 0.

    Args:
        labels: 0/1 (N,).
        scores: calibrated probabilities (N,).
        prevalence: share of infected people; None takes the share among these films.
        cuts: thresholds in 0..1; None takes 1 % to 99 %.

    Returns:
        Float arrays `threshold`, `model` and `all` (everybody called positive).
    """
    positive, values = _arrays(labels, scores)
    at = np.asarray(cuts if cuts is not None else np.arange(1, 100) / 100, float)
    share = float(positive.mean()) if prevalence is None else prevalence
    odds = at / (1 - at)
    sensitivity = 1 - np.searchsorted(np.sort(values[positive]), at) / max(1, positive.sum())
    alarms = 1 - np.searchsorted(np.sort(values[~positive]), at) / max(1, (~positive).sum())
    return {
        "threshold": at,
        "model": sensitivity * share - alarms * (1 - share) * odds,
        "all": share - (1 - share) * odds,
    }


def bootstrap(
    statistic: Callable[[np.ndarray], float],
    groups: ArrayLike,
    n: int = 1000,
    seed: int = 0,
) -> Value | None:
    """Return any statistic with its interval over groups, for what has no faster way here.

    Args:
        statistic: takes film indices, int (M,), in which a film stands once per draw of its group.
        groups: one name per film (N,).
        n: bootstrap draws.
        seed: of the draws.
    """
    weights, index = _draws(groups, n, seed)
    films = np.arange(len(index))
    drawn = [statistic(np.repeat(films, w[index].astype(int))) for w in weights]
    return _interval(statistic(films), np.asarray(drawn))


def _arrays(labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    positive, values = np.asarray(labels).astype(bool), np.asarray(scores, float)
    if positive.shape != values.shape or positive.ndim != 1:
        raise ValueError(
            "labels and scores must be flat and of one length. "
            f"Received: shapes {positive.shape} and {values.shape}"
        )
    return positive, values


def _draws(groups: ArrayLike, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each draw takes each group, float (n, G), and every film's group, (N,)."""
    names, index = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    size = len(names)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(size, np.full(size, 1 / size), n) if size else np.zeros((n, 0))
    return weights.astype(float), index


def _score_counts(
    positive: np.ndarray, inverse: np.ndarray, index: np.ndarray, groups: int
) -> tuple[Any, Any]:
    """Count positives and negatives per group and distinct score: two sparse (G, U)."""
    from scipy.sparse import csr_array

    shape = (groups, int(inverse.max(initial=-1)) + 1)
    chosen = (positive, ~positive)
    return tuple(
        csr_array((np.ones(int(c.sum())), (index[c], inverse[c])), shape=shape) for c in chosen
    )


def _times(weights: np.ndarray, counts: Any) -> np.ndarray:
    return np.asarray((counts.T @ weights.T).T)


def _weighted_auc(positives: Any, negatives: Any) -> np.ndarray:
    """Return the AUC (B,) from positives and negatives (B, U) per distinct rising score."""
    if not isinstance(positives, np.ndarray):
        positives, negatives = positives.toarray(), negatives.toarray()
    below = np.cumsum(negatives, axis=1) - negatives / 2
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.einsum("bu,bu->b", positives, below) / np.where(pairs > 0, pairs, np.nan)
        )


def _film_columns(
    positive: np.ndarray, values: np.ndarray, threshold: float, bins: int = 10
) -> list[np.ndarray]:
    """Return per-film columns whose sums give every rate: cells, squared error, bins' gaps."""
    called = values >= threshold
    cells = [called & positive, ~called & positive, called & ~positive, ~called & ~positive]
    index, gap = _bins(values, bins), values - positive
    return [c.astype(float) for c in cells] + [gap**2] + [gap * (index == b) for b in range(bins)]


def _rates(sums: np.ndarray, prevalence: float | None = None) -> dict[str, np.ndarray]:
    counts: dict[str, Any] = dict(zip(_CELLS, sums[:, :4].T, strict=True))
    films = sums[:, :4].sum(axis=1)
    rates = _counted_rates(counts)
    rates["ece"] = _share(np.abs(sums[:, 5:]).sum(axis=1), films)
    rates["brier"] = _share(sums[:, 4], films)
    for share in PREVALENCES:
        ppv, npv = _bayes(rates, share)
        rates |= {f"ppv_{share * 100:.0f}": ppv, f"npv_{share * 100:.0f}": npv}
    if prevalence is not None:
        rates["ppv"], rates["npv"] = _bayes(rates, prevalence)
    return rates


def _bayes(rates: Mapping[str, Any], share: float) -> tuple[Any, Any]:
    ppv = _ratio(rates["sensitivity"] * share, (1 - rates["specificity"]) * (1 - share))
    npv = _ratio(rates["specificity"] * (1 - share), (1 - rates["sensitivity"]) * share)
    return ppv, npv


def _counted_rates(counts: Counts) -> dict[str, Any]:
    right = counts["tp"] + counts["tn"]
    return {
        "sensitivity": _ratio(counts["tp"], counts["fn"]),
        "specificity": _ratio(counts["tn"], counts["fp"]),
        "accuracy": _ratio(right, counts["fp"] + counts["fn"]),
    }


def _ratio(part: Any, rest: Any) -> Any:
    """Return part / (part + rest), NaN where both are 0."""
    return _share(part, np.asarray(part, float) + rest)


def _share(part: Any, whole: Any) -> Any:
    whole = np.asarray(whole, float)
    share = np.asarray(part, float) / np.where(whole > 0, whole, np.nan)
    return share if share.ndim else float(share)


def _bins(values: np.ndarray, bins: int) -> np.ndarray:
    return np.asarray(np.clip((values * bins).astype(int), 0, bins - 1))


def _cumulative(
    positive: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count true and false positives at every distinct score, falling."""
    order = np.argsort(-values, kind="stable")
    ranked, hits = values[order], np.cumsum(positive[order])
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True)) if len(ranked) else order
    return hits[last].astype(float), (last + 1 - hits[last]).astype(float), ranked[last]


def _interval(value: float, drawn: np.ndarray) -> Value | None:
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(known):
        return None
    low, high = np.percentile(known, _PERCENTILES)
    # Where draws are biased, as those of the ECE are, the percentiles may miss the value itself.
    return {"value": float(value), "low": min(float(low), value), "high": max(float(high), value)}
