"""From a bundle's result files to the tables that pages show; no Streamlit and no TensorFlow.

Nothing here is typed in: a figure is read from `evaluation.json` or computed from
`predictions.csv`. What inside and outside are is said in `covidweb.sets`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from covidweb.bundle.evaluation import Comparison, Evaluation, Figures
from covidweb.bundle.store import Bundle
from covidweb.errors import ModelError
from covidweb.metrics import metrics_table
from covidweb.sets import NOT_CXR, place_of, set_title

METRIC_TITLES = {
    "auc": "AUC",
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ece": "ECE",
    "brier": "Brier score",
}
POPULATIONS = {
    "inside": "Inside: test split",
    "outside": "Outside: hospitals never seen",
    "validation": "Validation: where the threshold was set",
}

GUESSING = 0.5
"""The AUC of who guesses."""

_COLUMNS = ["image_id", "set", "label", "source", "score"]
_RESULT_COLUMNS = ["level", "name", "title", "place", "n", "metric", "value", "low", "high"]


def read_predictions(bundle: Bundle) -> pd.DataFrame:
    """Return `predictions.csv` checked, with bool `covid` and str `group` added.

    A film without a group is its own group.

    Raises:
        ModelError: missing or unreadable, a column is missing, or a score is not in 0..1.
    """
    rows = bundle.predictions()
    missing = [name for name in _COLUMNS if name not in rows]
    if missing:
        raise ModelError(
            f"predictions.csv of the bundle '{bundle.name}' lacks the columns: "
            f"{', '.join(missing)}."
        )
    scores = pd.to_numeric(rows["score"], errors="coerce")
    if not scores.between(0, 1).all():
        wrong = rows.loc[~scores.between(0, 1), "image_id"].iloc[0]
        raise ModelError(
            f"predictions.csv of the bundle '{bundle.name}' has a score that is not in 0..1, "
            f"first at {wrong}."
        )
    blank = pd.Series("", index=rows.index)
    groups = rows.get("group", blank).fillna("").astype(str)
    views = rows.get("view", blank).fillna("").astype(str)
    return rows.assign(
        score=scores,
        covid=rows["label"].eq("covid"),
        group=groups.where(groups != "", rows["image_id"].astype(str)),
        view=views,
        place=rows["set"].map(place_of),
    )


def population(predictions: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the COVID-19 and normal films of a population: one of `POPULATIONS`."""
    known = predictions["label"].isin(["covid", "normal"])
    return predictions[known & predictions["place"].eq(name)]


def gap(predictions: pd.DataFrame, threshold: float, n: int = 1000) -> pd.DataFrame:
    """Return the main metrics inside and outside, with intervals over groups.

    Returns:
        Columns `place`, `metric`, `title`, `n`, `value`, `low`, `high`; undefined ones left out.
    """
    rows: list[dict[str, Any]] = []
    for place in ("inside", "outside"):
        films = population(predictions, place)
        table = metrics_table(films["covid"], films["score"], films["group"], threshold, n)
        for metric, title in METRIC_TITLES.items():
            value = table[metric]
            if value is not None:
                row = {"place": place, "metric": metric, "title": title, "n": len(films)}
                rows.append({**row, **value})
    columns = ["place", "metric", "title", "n", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def result_table(evaluation: Evaluation) -> pd.DataFrame:
    """Return every metric of `evaluation.json` that is defined, one per row.

    Returns:
        Columns `level` (`set`, `comparison`, `source` or `view`), `name`, `title`, `place`, `n`,
        `metric`, `value`, `low`, `high`.
    """
    rows = [
        {"level": level, "name": name, "title": title, "place": place, "n": entry.n}
        | {"metric": metric, **value}
        for level, name, title, place, entry in _entries(evaluation)
        for metric, value in entry.metrics.items()
        if value is not None
    ]
    return pd.DataFrame(rows, columns=_RESULT_COLUMNS)


def called_covid(evaluation: Evaluation) -> pd.DataFrame:
    """Return how often films of every label of every set are called COVID-19.

    Returns:
        Columns `name` (set and label), `label`, `place`, `n`, `value`, `low`, `high`.
    """
    rows = [
        {"name": f"{set_title(name)}: {label}", "label": label, "place": place_of(name)}
        | {"n": part.n, **part.called_covid}
        for name, entry in evaluation.sets.items()
        for label, part in entry.labels.items()
        if part.called_covid
    ]
    columns = ["name", "label", "place", "n", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def within_one_place(evaluation: Evaluation) -> pd.DataFrame:
    """Return the comparisons of sick and healthy films of one set, where places cannot help.

    Returns:
        One row each: name, title, n, and the AUC's value, low and high.
    """
    rows = [
        {"name": name, "title": entry.title, "n": entry.n, **auc}
        for name, entry in evaluation.comparisons.items()
        if (auc := entry.metrics.get("auc")) and entry.positives.set == entry.negatives.set
    ]
    return pd.DataFrame(rows, columns=["name", "title", "n", "value", "low", "high"])


def guesses(within: pd.DataFrame) -> bool:
    """Tell whether no AUC of `within_one_place` is surely above 0.5; False without any."""
    return not within.empty and bool((within["low"] <= GUESSING).all())


def mistakes(predictions: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Return wrong answers for COVID-19 and other films, the most confident first.

    Adds `margin`, the distance of the score from the threshold as a share of the way to 0 or 1.
    """
    films = predictions[predictions["set"] != NOT_CXR]
    wrong = films[films["score"].ge(threshold) != films["covid"]]
    room = np.where(wrong["score"] >= threshold, 1 - threshold, threshold)
    margin = (wrong["score"] - threshold).abs() / np.maximum(room, 1e-9)
    return wrong.assign(margin=margin).sort_values("margin", ascending=False, kind="stable")


def least_certain(predictions: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Return the films nearest to the threshold first, with their `distance` from it."""
    films = predictions[predictions["set"] != NOT_CXR]
    distance = (films["score"] - threshold).abs()
    return films.assign(distance=distance).sort_values("distance", kind="stable")


def ten_sample(predictions: pd.DataFrame, draw: int, count: int = 10) -> pd.DataFrame:
    """Return `count` films of the test split at random, as the article shows ten."""
    films = population(predictions, "inside")
    return films.sample(min(count, len(films)), random_state=draw)


def neighbours(predictions: pd.DataFrame, film: Mapping[str, Any], count: int = 3) -> pd.DataFrame:
    """Return films near one film: of the same group (patient or near-duplicates), then by score.

    Neighbours by score are of the same source, so that they look alike to the network for
    something other than where they were taken.
    """
    others = predictions[predictions["image_id"] != film["image_id"]]
    distance = (others["score"] - film["score"]).abs()
    related = others["group"].eq(film["group"])
    others = others.assign(distance=distance, near=np.where(related, "same group", "same source"))
    kept = others[related | others["source"].eq(film["source"])]
    return kept.sort_values(["near", "distance"], kind="stable").head(count)


def best_epoch(history: pd.DataFrame) -> int | None:
    """Return the epoch of the lowest validation loss, or None where it was not logged."""
    if "val_loss" not in history or history["val_loss"].dropna().empty:
        return None
    return int(history.loc[history["val_loss"].idxmin(), "epoch"])


def smoothed(values: pd.Series, strength: float) -> pd.Series:
    """Return an exponential moving average; `strength` 0 changes nothing, towards 1 flattens."""
    return values if strength <= 0 else values.ewm(alpha=1 - min(strength, 0.99)).mean()


def seconds_left(history: pd.DataFrame, epochs: int) -> float | None:
    """Return the seconds until `epochs` are done, at the pace of the last five, or None."""
    if "seconds" not in history or history["seconds"].dropna().empty:
        return None
    pace = float(history["seconds"].dropna().tail(5).mean())
    return max(0, epochs - len(history)) * pace


def audit_values(section: Any) -> pd.DataFrame:
    """Return the figures of one audit section, however deep they lie.

    A leaf is a number or `{"value", "low", "high"}`; its last key is the metric, those above it
    the name.

    Returns:
        Columns `name`, `metric`, `value`, `low`, `high` (NaN without an interval).
    """
    rows = [
        {"name": " ".join(path[:-1]) or path[-1], "metric": path[-1], **value}
        for path, value in _leaves(section, ())
    ]
    return pd.DataFrame(rows, columns=["name", "metric", "value", "low", "high"])


def audit_curves(section: Any) -> dict[str, pd.DataFrame]:
    """Return the curves of one audit section: every object of equally long lists of numbers."""
    if not isinstance(section, Mapping):
        return {}
    lists = {k: v for k, v in section.items() if isinstance(v, list) and v and _numbers(v)}
    length = max((len(v) for v in lists.values()), default=0)
    curve = {k: v for k, v in lists.items() if len(v) == length}
    found = {"": pd.DataFrame(curve)} if len(curve) > 1 else {}
    for key, value in section.items():
        for name, frame in audit_curves(value).items():
            found[f"{key} {name}".strip()] = frame
    return found


def _leaves(
    section: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if isinstance(section, Mapping):
        if isinstance(section.get("value"), int | float):
            yield path, {key: section.get(key) for key in ("value", "low", "high")}
            return
        for key, value in section.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(section, int | float) and not isinstance(section, bool) and path:
        yield path, {"value": float(section), "low": None, "high": None}


def _numbers(values: list[Any]) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _entries(
    evaluation: Evaluation,
) -> Iterator[tuple[str, str, str, str, Figures | Comparison]]:
    for name, entry in evaluation.sets.items():
        yield "set", name, set_title(name), place_of(name), entry
        for level, parts in (("source", entry.sources), ("view", entry.views)):
            for key, value in parts.items():
                title = f"{set_title(name)}: {key or 'unknown'}"
                yield level, f"{name}/{key}", title, place_of(name), value
    for name, pair in evaluation.comparisons.items():
        yield "comparison", name, pair.title, _place_of_comparison(pair), pair


def _place_of_comparison(pair: Comparison) -> str:
    places = {place_of(side.set) for side in (pair.positives, pair.negatives)}
    if places == {"outside"}:
        return "outside"
    return "stress" if "stress" in places else "other"
