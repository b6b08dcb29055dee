"""Measure a bundle on the test split and on every set it never learned from.

Films go through the same Screener as in the app. `predictions.csv` gets one row per film and
`evaluation.json` every figure with its interval over groups.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from covidweb.bundle import FILMS, PREDICTIONS, Bundle, Evaluation, read_bundle, write_evaluation
from covidweb.bundle.evaluation import (
    Audit,
    Bootstrap,
    Comparison,
    Figures,
    LabelFigures,
    Metrics,
    SetFigures,
    Side,
)
from covidweb.dataset import group_names, load_manifest, split_manifest
from covidweb.errors import ModelError
from covidweb.exam.learned import learned_films
from covidweb.files import replacing
from covidweb.metrics import Reliability, Value, bootstrap, metrics_table, reliability
from covidweb.sets import INSIDE, place_of
from covidweb.training.films import in_batches, read_films

if TYPE_CHECKING:
    from covidweb.screening import Screener

DRAWS = 1000
BATCH = 32

COMPARISONS: dict[str, tuple[str, tuple[str, str], tuple[str, str]]] = {
    "hannover_vs_lundis": (
        "COVID-19 of Hannover against normals of Lundis",
        ("external_hannover", "covid"),
        ("external_lundis", "normal"),
    ),
    "figure1_vs_lundis": (
        "COVID-19 of Figure 1 against normals of Lundis",
        ("external_figure1", "covid"),
        ("external_lundis", "normal"),
    ),
    "figure1_vs_nih_normal": (
        "COVID-19 of Figure 1 against normals of NIH",
        ("external_figure1", "covid"),
        ("stress_nih", "normal"),
    ),
    "hannover_vs_nih_normal": (
        "COVID-19 of Hannover against normals of NIH",
        ("external_hannover", "covid"),
        ("stress_nih", "normal"),
    ),
    "nih_pneumonia_vs_normal": (
        "Pneumonia against normal, adults of NIH",
        ("stress_nih", "pneumonia"),
        ("stress_nih", "normal"),
    ),
    "paediatric_pneumonia_vs_normal": (
        "Pneumonia against normal, children",
        ("stress_paediatric", "pneumonia"),
        ("stress_paediatric", "normal"),
    ),
    "tuberculosis_vs_lundis": (
        "Tuberculosis against normal, Lundis",
        ("stress_tuberculosis", "tuberculosis"),
        ("external_lundis", "normal"),
    ),
}

Log = Callable[[str], None]


def evaluate_bundle(
    name: str, data: Path, *, root: Path | None = None, draws: int = DRAWS, log: Log = print
) -> Bundle:
    """Score all films to evaluate, write the result files, and seal the card over them.

    A lung finder is measured by `covidweb.exam.lungs` instead, an upright check by
    `covidweb.exam.upright`.

    Args:
        name: of the bundle.
        data: the data root.
        root: folder of bundles; None for the product's own.
        draws: of the bootstrap.
        log: receives one line per set.

    Raises:
        ModelError: no such bundle.
        DataError: the manifest or a film cannot be read.
    """
    from covidweb.screening import Screener

    kind = read_bundle(name, root).kind
    if kind == "upright":
        from covidweb.exam.upright import evaluate_upright

        return evaluate_upright(name, data, root=root, log=log)
    if kind == "lungs":
        from covidweb.exam.lungs import evaluate_lungs

        return evaluate_lungs(name, data, root=root, log=log)

    screener = Screener.load(name, root)
    manifest = load_manifest(data)
    path = screener.bundle.path
    with replacing(path / FILMS) as beside:
        learned_films(screener.card, manifest).to_csv(beside, index=False)
    predictions = predict_rows(screener, data, rows_to_evaluate(manifest))
    with replacing(path / PREDICTIONS) as beside:
        predictions.to_csv(beside, index=False)
    # Read back what was written, so that every figure can be had again from the file.
    predictions = pd.read_csv(path / PREDICTIONS, keep_default_na=False)
    found = evaluation(predictions, screener.threshold, draws)
    found = replace(found, model=name, sha256=screener.sha256, audit=_known_audit(screener.bundle))
    for line in summary(found):
        log(line)
    return write_evaluation(screener.bundle, found)


def rows_to_evaluate(manifest: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that were not learned from; `set` is `validation` or `test` for the pool."""
    split = manifest["image_id"].map(split_manifest(manifest)).to_numpy()
    pool = (manifest["set"] == "train_pool").to_numpy()
    names = np.where(pool, split, manifest["set"])
    kept = np.isin(names, ("validation", "test")) | (split == "held_out")
    return manifest.assign(set=names)[kept].reset_index(drop=True)


def predict_rows(screener: "Screener", data: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `predictions.csv` as a table: one row per film, in the order of `rows`."""
    scores, opacities = [], []
    for part in in_batches(read_films(data, rows, f"Screening films with {screener.name}"), BATCH):
        probabilities, output = screener.scores(part)
        scores.append(probabilities)
        if output.opacity is not None:
            opacities.append(expit(output.opacity.astype(np.float64)))
    table = rows[["image_id", "set", "label", "source", "view", "group"]].copy()
    table["group"] = group_names(table)
    table["score"] = np.concatenate(scores).round(7)
    if opacities:
        table["opacity"] = np.concatenate(opacities).round(5)
    return table


def evaluation(predictions: pd.DataFrame, threshold: float, draws: int = DRAWS) -> Evaluation:
    """Return every figure that `predictions.csv` gives; whose they are is not said yet.

    Args:
        predictions: as from `predict_rows`.
        threshold: operating point on the score.
        draws: of the bootstrap over groups.
    """
    films = {
        "inside": predictions[predictions["set"] == INSIDE],
        "outside": predictions[predictions["set"].map(place_of) == "outside"],
    }
    return Evaluation(
        model="",
        sha256="",
        threshold=threshold,
        bootstrap=Bootstrap(n=draws),
        sets={
            str(name): _set(part, threshold, draws)
            for name, part in predictions.groupby("set", sort=False)
        },
        comparisons=_comparisons(predictions, threshold, draws),
        calibration={place: _reliability(part) for place, part in films.items() if len(part)},
    )


def summary(found: Evaluation) -> list[str]:
    """Return one line per set and comparison, for the terminal."""
    entries: dict[str, Figures | Comparison] = {**found.sets, **found.comparisons}
    return [f"{name}: n={entry.n}" + _words(entry.metrics) for name, entry in entries.items()]


def _words(metrics: Metrics) -> str:
    names = ("auc", "sensitivity", "specificity", "accuracy")
    known = [(name, value) for name in names if (value := metrics.get(name))]
    return "".join(f", {n} {v['value']:.3f} ({v['low']:.3f}-{v['high']:.3f})" for n, v in known)


def _set(films: pd.DataFrame, threshold: float, draws: int) -> SetFigures:
    def parts(column: str) -> dict[str, Figures]:
        return {
            str(value) or "unknown": _figures(part, "covid", threshold, draws)
            for value, part in films.groupby(column)
        }

    whole = _figures(films, "covid", threshold, draws)
    labels = {
        str(label): LabelFigures(n=len(part), called_covid=_called(part, threshold, draws))
        for label, part in films.groupby("label")
    }
    return SetFigures(
        n=whole.n,
        positives=whole.positives,
        metrics=whole.metrics,
        sources=parts("source"),
        views=parts("view"),
        labels=labels,
    )


def _figures(films: pd.DataFrame, sick: str, threshold: float, draws: int) -> Figures:
    positive = (films["label"] == sick).to_numpy()
    table = metrics_table(
        positive, films["score"].to_numpy(), films["group"].to_numpy(), threshold, draws
    )
    return Figures(n=len(films), positives=int(positive.sum()), metrics=table)


def _called(films: pd.DataFrame, threshold: float, draws: int) -> Value | None:
    called = (films["score"] >= threshold).to_numpy(float)
    return bootstrap(
        lambda chosen: float(called[chosen].mean()), films["group"].to_numpy(), n=min(draws, 300)
    )


def _comparisons(predictions: pd.DataFrame, threshold: float, draws: int) -> dict[str, Comparison]:
    found = {}
    for name, (title, *ends) in COMPARISONS.items():
        sides = [Side(set=part, label=label) for part, label in ends]
        films = [
            predictions[(predictions["set"] == s.set) & (predictions["label"] == s.label)]
            for s in sides
        ]
        if any(side.empty for side in films):
            continue
        both = _figures(pd.concat(films), sides[0].label, threshold, draws)
        found[name] = Comparison(
            title=title,
            positives=sides[0],
            negatives=sides[1],
            n=both.n,
            metrics=both.metrics,
            positive_films=both.positives,
        )
    return found


def _reliability(films: pd.DataFrame) -> Reliability:
    return reliability((films["label"] == "covid").to_numpy(), films["score"].to_numpy())


def _known_audit(bundle: Bundle) -> Audit:
    """Return the audit that was already made of these very weights, else nothing."""
    try:
        before = bundle.evaluation()
    except ModelError:
        return Audit()
    return before.audit if before.sha256 == bundle.sha256 else Audit()
