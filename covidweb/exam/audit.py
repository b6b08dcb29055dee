"""Does it read lungs or hospitals? The checks of `python -m covidweb audit`, in one file's keys.

Four questions: what reaches how much without a lung (`baselines`); what happens to the score
when the lungs are painted over; how well the features tell sources of one class apart; and how far
small changes of the film move the answer. The heatmaps have their own checks
(`explanations`, `places`).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.bundle import Bundle, write_evaluation
from covidweb.bundle.evaluation import Audit, Figure, Section, SourcePrediction
from covidweb.dataset import load_manifest, split_manifest
from covidweb.exam.baselines import baselines
from covidweb.exam.evaluate import rows_to_evaluate
from covidweb.exam.explanations import explanations
from covidweb.exam.sample import Sample, draw_sample
from covidweb.metrics import auc_interval, rates_table
from covidweb.networks.standard import standard_input
from covidweb.radiograph import Radiograph
from covidweb.screening.regions import Lungs, mask_on_film
from covidweb.screening.trust import jpeg
from covidweb.training.films import read_films

if TYPE_CHECKING:
    from covidweb.screening import Screener

DRAWS = 500
LEARNERS = 1500
"""Films of the training part that the baselines learn from."""

Log = Callable[[str], None]


def audit_bundle(
    name: str, data: Path, *, films: int = 150, root: Path | None = None, log: Log = print
) -> Bundle:
    """Run every check and write the section `audit` of `evaluation.json`.

    Args:
        name: of an evaluated bundle.
        data: the data root.
        films: test films of each class in each check.
        root: folder of bundles; None for the product's own.
        log: receives one line per check.

    Raises:
        ModelError: no such bundle, or it was not evaluated yet.
        DataError: the manifest or a film cannot be read.
    """
    from covidweb.screening import Screener

    screener = Screener.load(name, root)
    found = screener.bundle.evaluation()
    manifest = load_manifest(data)
    sample = draw_sample(screener, data, rows_to_evaluate(manifest), films)
    audit = Audit(films=len(sample.films))
    checks: dict[str, Callable[[], Any]] = {
        "baselines": lambda: baselines(data, *_learning_rows(manifest), screener.finder),
        "lung_blackout": lambda: lung_blackout(screener, sample),
        "source_prediction": lambda: source_prediction(sample),
        "robustness": lambda: robustness(screener, sample),
        "gate": lambda: turned_away(screener, data, manifest, films),
        "explanations": lambda: explanations(screener, sample, data),
    }
    for key, check in checks.items():
        audit = replace(audit, **{key: check()})
        log(f"{key}: {getattr(audit, key)}")
    return write_evaluation(screener.bundle, replace(found, audit=audit))


def lung_blackout(screener: "Screener", sample: Sample) -> Section:
    """Screen the films with their lungs painted in the film's middle grey, found where they were.

    The lung network still sees the whole film, so that the crop stays the same.
    """
    painted = [
        _painted(film, lungs) for film, lungs in zip(sample.films, sample.lungs, strict=True)
    ]
    masks = [None if x is None or not x.plausible else x.mask for x in sample.lungs]
    inputs = [
        standard_input(film, screener.spec, mask).array
        for film, mask in zip(painted, masks, strict=True)
    ]
    scores = np.concatenate(
        [screener.read(np.stack(inputs[i : i + 32]))[0] for i in range(0, len(inputs), 32)]
    )
    return {
        "as_it_is": _reading(sample, sample.scores),
        "lungs_painted_over": _reading(sample, scores),
    }


def source_prediction(sample: Sample) -> dict[str, SourcePrediction]:
    """Tell sources of one class apart by the features, five-fold over groups."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found: dict[str, SourcePrediction] = {}
    if sample.features is None:
        return found
    for label, chosen in (("covid", sample.covid), ("normal", ~sample.covid)):
        sources = sample.rows["source"].to_numpy()[chosen]
        names = np.unique(sources)
        if len(names) < 2 or len(np.unique(sample.groups[chosen])) < 5:
            continue
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=500)
        )
        said = cross_val_predict(
            model, sample.features[chosen], sources, groups=sample.groups[chosen], cv=GroupKFold(5)
        )
        balanced = [float(np.mean(said[sources == n] == n)) for n in names]
        found[label] = SourcePrediction(
            balanced_accuracy=float(np.mean(balanced)), chance=1 / len(names)
        )
    return found


def robustness(screener: "Screener", sample: Sample) -> Section:
    """Change every film a little and screen it again; lungs are found again, too."""
    threshold = screener.threshold
    plain = screener.probabilities(sample.stored)
    base = plain >= threshold
    found = {"plain": _reading(sample, plain, threshold)}
    for name, change in changes().items():
        rng = np.random.default_rng(0)
        scores = screener.probabilities(
            [replace(f, pixels=change(f.pixels, rng)) for f in sample.stored]
        )
        found[name] = _reading(sample, scores, threshold) | {
            "verdicts_kept": float(np.mean((scores >= threshold) == base))
        }
    return found


def changes() -> dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]]:
    """Return the small changes by name: float32 (H, W) in 0..1 to the same."""
    return {
        "jpeg_50": lambda film, _: jpeg(film, 50),
        "jpeg_30": lambda film, _: jpeg(film, 30),
        "blur": lambda film, _: _blur(film),
        "noise": lambda film, rng: np.clip(
            film + rng.normal(0, 0.03, film.shape).astype(np.float32), 0, 1
        ),
        "brighter": lambda film, _: film ** np.float32(0.8),
        "darker": lambda film, _: film ** np.float32(1.25),
        "turned_5_degrees": lambda film, _: _turned(film, 5.0),
    }


def turned_away(screener: "Screener", data: Path, manifest: pd.DataFrame, films: int) -> Section:
    """Return the share that the gate turns away, of films and of what is none."""
    rows = rows_to_evaluate(manifest)
    found: Section = {}
    for name in ("test", "external_hannover", "external_lundis", "not_cxr"):
        part = rows[rows["set"] == name]
        part = part.sample(min(films, len(part)), random_state=0)
        results = screener.screen_many(list(read_films(data, part, f"Gate: {name}")))
        if results:
            away = [r.status == "not_assessed" for r in results]
            found[name] = {"turned_away": float(np.mean(away)), "n": len(away)}
    return found


def _learning_rows(manifest: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training and test rows of the pool, the former drawn to `LEARNERS`."""
    pool = manifest[manifest["set"] == "train_pool"]
    split = pool["image_id"].map(split_manifest(manifest))
    learn = pool[(split == "train").to_numpy()]
    test = pool[(split == "test").to_numpy()]
    return learn.sample(min(LEARNERS, len(learn)), random_state=0), test


def _reading(
    sample: Sample, scores: np.ndarray, threshold: float | None = None
) -> dict[str, Figure]:
    found: dict[str, Figure] = {"auc": auc_interval(sample.covid, scores, sample.groups, DRAWS)}
    if threshold is None:
        found["mean_score_of_covid"] = float(scores[sample.covid].mean())
        return found
    table = rates_table(sample.covid, scores, sample.groups, threshold, DRAWS)
    return found | {k: table[k] for k in ("accuracy", "sensitivity", "specificity")}


def _painted(film: Radiograph, lungs: Lungs | None) -> Radiograph:
    if lungs is None or not lungs.mask.any():
        return film
    grey = np.float32(np.median(film.pixels))
    mask = mask_on_film(lungs.mask, film.pixels.shape)
    return replace(film, pixels=np.where(mask, grey, film.pixels))


def _blur(film: np.ndarray) -> np.ndarray:
    """Blur with sigma 1 at a side of 224 pixels, whatever the film's own side."""
    from scipy.ndimage import gaussian_filter

    sigma = np.array(film.shape) / 224
    return np.asarray(gaussian_filter(film, sigma).astype(np.float32))


def _turned(film: np.ndarray, degrees: float) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(film))
    return np.asarray(image.rotate(degrees, Image.Resampling.BILINEAR), np.float32)
