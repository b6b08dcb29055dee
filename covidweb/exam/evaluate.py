"""Measure a bundle on the test split and on every set it never learned from.

Films go through the same Screener as in the app. `predictions.csv` gets one row per film and
`evaluation.json` every figure with its interval over groups.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from covidweb.bundle import EVALUATION, PREDICTIONS, Bundle, read_bundle, seal
from covidweb.dataset import load_manifest, split_manifest
from covidweb.errors import ModelError
from covidweb.files import replacing, write_json
from covidweb.metrics import bootstrap, metrics_table, reliability
from covidweb.radiograph import Radiograph
from covidweb.training.films import read_films

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
    """Score all films to evaluate, write both result files, and seal the card over them.

    Args:
        name: of the bundle.
        data: the data root.
        root: folder of bundles; None for the product's own.
        draws: of the bootstrap.
        log: receives one line per set.

    Raises:
        ModelError: no such bundle, or not one that screens films.
        DataError: the manifest or a film cannot be read.
    """
    from covidweb.screening import Screener

    screener = Screener.load(name, root)
    rows = rows_to_evaluate(load_manifest(data))
    predictions = predict_rows(screener, data, rows)
    path = screener.bundle.path
    with replacing(path / PREDICTIONS) as beside:
        predictions.to_csv(beside, index=False)
    # Read back what was written, so that every figure can be had again from the file.
    predictions = pd.read_csv(path / PREDICTIONS, keep_default_na=False)
    found = evaluation(predictions, screener.threshold, draws)
    found = {"model": name, "sha256": screener.sha256} | found
    found["audit"] = _known_audit(screener.bundle)
    write_json(path / EVALUATION, found)
    for line in summary(found):
        log(line)
    return reseal(read_bundle(name, root))


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
    for part in _batched(read_films(data, rows, f"Screening films with {screener.name}")):
        probabilities, output = screener.scores(part)
        scores.append(probabilities)
        if output.opacity is not None:
            opacities.append(1 / (1 + np.exp(-output.opacity.astype(np.float64))))
    table = rows[["image_id", "set", "label", "source", "view", "group"]].copy()
    blank = (table["group"] == "").to_numpy()
    table["group"] = table["group"].mask(blank, table["image_id"])
    table["score"] = np.concatenate(scores).round(7)
    if opacities:
        table["opacity"] = np.concatenate(opacities).round(5)
    return table


def evaluation(predictions: pd.DataFrame, threshold: float, draws: int = DRAWS) -> dict[str, Any]:
    """Return every figure that `predictions.csv` gives, as `evaluation.json` has them.

    Args:
        predictions: as from `predict_rows`.
        threshold: operating point on the score.
        draws: of the bootstrap over groups.
    """
    sets = {}
    for name, films in predictions.groupby("set", sort=False):
        entry = _entry(films, films["label"] == "covid", threshold, draws)
        for key, column in (("sources", "source"), ("views", "view")):
            entry[key] = {
                str(value) or "unknown": _entry(part, part["label"] == "covid", threshold, draws)
                for value, part in films.groupby(column)
            }
        entry["labels"] = {
            str(label): {"n": len(part), "called_covid": _called(part, threshold, draws)}
            for label, part in films.groupby("label")
        }
        sets[str(name)] = entry
    outside = predictions["set"].str.startswith("external_")
    return {
        "threshold": threshold,
        "bootstrap": {"n": draws, "unit": "group"},
        "sets": sets,
        "comparisons": _comparisons(predictions, threshold, draws),
        "calibration": {
            "inside": _reliability(predictions[predictions["set"] == "test"]),
            "outside": _reliability(predictions[outside]),
        },
    }


def reseal(bundle: Bundle) -> Bundle:
    """Write a bundle's card again, over its result files as they are now."""
    return seal(bundle.path, bundle.card, tuple(bundle.card["weights"]))


def summary(found: Mapping[str, Any]) -> list[str]:
    """Return one line per set and comparison, for the terminal."""
    entries = {**found["sets"], **found["comparisons"]}
    return [
        f"{name}: n={entry['n']}" + _figures(entry["metrics"]) for name, entry in entries.items()
    ]


def _figures(metrics: Mapping[str, Any]) -> str:
    names = ("auc", "sensitivity", "specificity", "accuracy")
    known = [(name, metrics[name]) for name in names if metrics.get(name)]
    return "".join(f", {n} {v['value']:.3f} ({v['low']:.3f}-{v['high']:.3f})" for n, v in known)


def _entry(
    films: pd.DataFrame, positive: pd.Series, threshold: float, draws: int
) -> dict[str, Any]:
    table = metrics_table(
        positive.to_numpy(), films["score"].to_numpy(), films["group"].to_numpy(), threshold, draws
    )
    return {"n": len(films), "positives": int(positive.sum()), "metrics": table}


def _called(films: pd.DataFrame, threshold: float, draws: int) -> dict[str, float] | None:
    called = (films["score"] >= threshold).to_numpy(float)
    return bootstrap(
        lambda chosen: float(called[chosen].mean()), films["group"].to_numpy(), n=min(draws, 300)
    )


def _comparisons(predictions: pd.DataFrame, threshold: float, draws: int) -> dict[str, Any]:
    found = {}
    for name, (title, sick, well) in COMPARISONS.items():
        sides = [
            predictions[(predictions["set"] == s) & (predictions["label"] == label)]
            for s, label in (sick, well)
        ]
        if any(side.empty for side in sides):
            continue
        films = pd.concat(sides)
        entry = _entry(films, films["label"] == sick[1], threshold, draws)
        ends = [{"set": s, "label": label} for s, label in (sick, well)]
        found[name] = {"title": title, "positives": ends[0], "negatives": ends[1], **entry}
        found[name]["positive_films"] = entry["positives"]
        found[name]["positives"] = ends[0]
    return found


def _reliability(films: pd.DataFrame) -> dict[str, Any]:
    return reliability((films["label"] == "covid").to_numpy(), films["score"].to_numpy())


def _known_audit(bundle: Bundle) -> dict[str, Any]:
    """Return the audit that was already made of these very weights, else nothing."""
    try:
        before = bundle.evaluation()
    except ModelError:
        return {}
    return dict(before.get("audit") or {}) if before.get("sha256") == bundle.sha256 else {}


def _batched(films: Iterator[Radiograph]) -> Iterator[list[Radiograph]]:
    while part := list(islice(films, BATCH)):
        yield part
