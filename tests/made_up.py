"""Made-up bundles for the pages' tests: plausible tables from random numbers, no network.

`PYTHONPATH=. python tests/made_up.py DIR` writes two; `COVIDWEB_MODELS=DIR make run` shows them.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from covidweb.bundle import (
    HISTORY,
    PREDICTIONS,
    WEIGHTS,
    Bundle,
    Card,
    Evaluation,
    InputSpec,
    seal,
    write_evaluation,
)
from covidweb.bundle.card import Article, Calibration, Data
from covidweb.bundle.evaluation import (
    Audit,
    Bootstrap,
    Comparison,
    Figures,
    LabelFigures,
    SetFigures,
    Side,
    SourcePrediction,
)
from covidweb.metrics import Reliability, Value, metrics_table, reliability

# Set, label, source, films, and how far the scores of the label are pushed up.
_FILMS = [
    ("validation", "covid", "bimcv", 120, 1.3),
    ("validation", "normal", "rsna", 120, -1.3),
    ("test", "covid", "bimcv", 90, 1.5),
    ("test", "covid", "cxnet", 40, 1.2),
    ("test", "normal", "rsna", 110, -1.6),
    ("test", "normal", "openist", 30, -0.8),
    ("external_hannover", "covid", "hannover", 60, 0.5),
    ("external_figure1", "covid", "figure1", 20, 0.3),
    ("external_figure1", "normal", "figure1", 3, -0.3),
    ("external_lundis", "normal", "lundis", 90, -0.4),
    ("stress_nih", "normal", "nih", 40, -0.6),
    ("stress_nih", "pneumonia", "nih", 40, 0.2),
    ("stress_paediatric", "normal", "kermany", 40, 0.1),
    ("stress_tuberculosis", "tuberculosis", "lundis", 30, 0.4),
    ("not_cxr", "not_cxr", "photographs", 15, 0.0),
]
_COMPARISONS = {
    "hannover_vs_lundis": (
        "Hannover COVID-19 against Lundis normal",
        ("external_hannover", "covid"),
        ("external_lundis", "normal"),
    ),
    "figure1_vs_lundis": (
        "Figure 1 COVID-19 against Lundis normal",
        ("external_figure1", "covid"),
        ("external_lundis", "normal"),
    ),
    "nih_pneumonia_vs_normal": (
        "NIH pneumonia against NIH normal",
        ("stress_nih", "pneumonia"),
        ("stress_nih", "normal"),
    ),
}
_THRESHOLD = 0.45


def make_bundle(root: Path, name: str = "default", seed: int = 0, skill: float = 1.0) -> Bundle:
    """Write a whole bundle with random scores; `skill` stretches the classes apart."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    (folder / WEIGHTS).write_bytes(rng.bytes(64))
    _history(rng).to_csv(folder / HISTORY, index=False)
    predictions = _predictions(rng, skill)
    predictions.to_csv(folder / PREDICTIONS, index=False)
    bundle = seal(folder, _card(name))
    return write_evaluation(bundle, _evaluation(predictions, bundle))


def _history(rng: np.random.Generator, epochs: int = 16) -> pd.DataFrame:
    epoch = np.arange(1, epochs + 1)
    fall = np.exp(-epoch / 5)
    noise = rng.normal(0, 0.015, (4, epochs))
    return pd.DataFrame(
        {
            "epoch": epoch,
            "loss": 0.15 + 0.5 * fall + noise[0] / 2,
            "accuracy": 0.95 - 0.4 * fall + noise[1] / 2,
            "val_loss": 0.28 + 0.4 * fall + 0.006 * epoch + noise[2],
            "val_accuracy": 0.88 - 0.35 * fall + noise[3],
            "learning_rate": 0.001,
            "seconds": rng.uniform(20, 24, epochs),
        }
    )


def _predictions(rng: np.random.Generator, skill: float) -> pd.DataFrame:
    parts = []
    for set_name, label, source, count, push in _FILMS:
        group = rng.integers(0, max(2, count // 2), count)
        logit = rng.normal(skill * push, 1.1, count)
        table = {
            "image_id": [f"{source}_{label}_{set_name}_{i:03d}" for i in range(count)],
            "set": set_name,
            "label": label,
            "source": source,
            "view": rng.choice(["PA", "AP", ""], count),
            "group": [f"{source}_{label}_{g}" for g in group],
            "score": (1 / (1 + np.exp(-logit))).round(5),
        }
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)


def _card(name: str) -> Card:
    seed = name == "seed"
    return Card(
        kind="seed" if seed else "classifier",
        title="The article's network" if seed else "Made-up classifier",
        classes=("covid", "normal"),
        input=InputSpec(160, "lungs"),
        cam_layer="last",
        calibration=Calibration(temperature=1.4, bias=0.1),
        threshold=_THRESHOLD,
        threshold_rule="Highest sensitivity with specificity of at least 0.80 on validation.",
        uncertain_band=(0.35, 0.55),
        article=Article(accuracy=0.81, films=3500) if seed else None,
        data=Data(manifest_sha256="ab" * 32, split_sha256="cd" * 32, films={"train": 900}),
        versions={"python": "3.11", "keras": "3.15", "tensorflow": "2.21"},
        command=f"python -m covidweb train {name} --data data",
        intended_use="Tests of the pages. Not a medical device.",
        limits=("Made of random numbers.", "Two classes only."),
    )


def _evaluation(rows: pd.DataFrame, bundle: Bundle) -> Evaluation:
    return Evaluation(
        model=bundle.name,
        sha256=bundle.sha256,
        threshold=_THRESHOLD,
        bootstrap=Bootstrap(n=60),
        sets={str(name): _set(part) for name, part in rows.groupby("set", sort=False)},
        comparisons={k: _comparison(rows, *v) for k, v in _COMPARISONS.items()},
        calibration={
            "inside": _reliability(rows[rows["set"] == "test"]),
            "outside": _reliability(rows[rows["set"].str.startswith("external")]),
        },
        audit=_audit(),
    )


def _figures(rows: pd.DataFrame, sick: str = "covid") -> Figures:
    positive = rows["label"] == sick
    table = metrics_table(positive, rows["score"], rows["group"], _THRESHOLD, n=60)
    return Figures(n=len(rows), positives=int(positive.sum()), metrics=table)


def _set(rows: pd.DataFrame) -> SetFigures:
    def parts(column: str) -> dict[str, Figures]:
        return {str(v) or "unknown": _figures(part) for v, part in rows.groupby(column)}

    whole = _figures(rows)
    labels = {
        str(label): LabelFigures(n=len(part), called_covid=_called(part))
        for label, part in rows.groupby("label")
    }
    return SetFigures(
        n=whole.n,
        positives=whole.positives,
        metrics=whole.metrics,
        sources=parts("source"),
        views=parts("view"),
        labels=labels,
    )


def _called(rows: pd.DataFrame) -> Value:
    share = float((rows["score"] >= _THRESHOLD).mean())
    return {"value": share, "low": max(0, share - 0.1), "high": min(1, share + 0.1)}


def _comparison(rows: pd.DataFrame, title: str, sick: tuple, well: tuple) -> Comparison:
    sides = [Side(set=s, label=label) for s, label in (sick, well)]
    films = pd.concat([rows[(rows["set"] == s.set) & (rows["label"] == s.label)] for s in sides])
    both = _figures(films, sick[1])
    return Comparison(
        title=title, positives=sides[0], negatives=sides[1], n=both.n, metrics=both.metrics
    )


def _reliability(rows: pd.DataFrame) -> Reliability:
    return reliability(rows["label"] == "covid", rows["score"])


def _audit() -> Audit:
    def near(value: float) -> Value:
        return {"value": value, "low": value - 0.02, "high": value + 0.02}

    return Audit(
        films=200,
        baselines={
            "histogram": {"auc": near(0.94)},
            "border": {"auc": near(0.89)},
            "blackout": {"auc": near(0.9)},
            "file_facts": {"auc": near(0.86)},
        },
        lung_blackout={
            "as_it_is": {"auc": near(0.93), "mean_score_of_covid": 0.8},
            "lungs_painted_over": {"auc": near(0.55), "mean_score_of_covid": 0.3},
        },
        source_prediction={
            "covid": SourcePrediction(balanced_accuracy=0.7, chance=0.5),
            "normal": SourcePrediction(balanced_accuracy=0.8, chance=0.5),
        },
        robustness={
            name: {
                "auc": near(0.92 - loss),
                "accuracy": near(0.9 - loss),
                "sensitivity": near(0.91 - loss),
                "specificity": near(0.88 - loss),
                "verdicts_kept": 1 - loss,
            }
            for name, loss in (("plain", 0), ("jpeg_50", 0.01), ("blur", 0.04))
        },
        gate={
            "test": {"turned_away": 0.01, "n": 100},
            "not_cxr": {"turned_away": 0.97, "n": 15},
        },
        explanations={
            "lung_ratio": {"mean": 1.9, "share_above_1.5": 0.92, "films": 80},
            "deletion": {
                "removed": [0, 0.1, 0.2, 0.3],
                "hottest": [0.8, 0.5, 0.35, 0.3],
                "random": [0.8, 0.75, 0.7, 0.66],
                "mean_score_hottest_removed": 0.47,
                "mean_score_random_removed": 0.73,
                "films": 60,
            },
            "weight_randomisation": {"correlation": 0.08, "films": 60},
            "inserted_opacities": {"hit_rate": 0.74, "hit_rate_by_chance": 0.2, "films": 60},
        },
    )


if __name__ == "__main__":
    for _name, _skill in (("default", 1.0), ("seed", 0.7)):
        make_bundle(Path(sys.argv[1]), _name, seed=len(_name), skill=_skill)
