"""Compare variants of the recipe: inside, with sources left out, within sources, and on the map.

`python -m covidweb.training.classifier.experiments NAME [--data DIR]` trains a short run without
the COVID-19 source cxnet and the normal source openist, then scores films of both; `--hold-out`
names others, `--epochs` sets its length. What a trunk knows of a hospital shows only where it never
saw it: a head fitted without a source reads features that were learned with it. External and stress
sets are never looked at here. One JSON line per run goes to `runs/experiments/results.jsonl`.
"""

import json
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import typer

from covidweb.bundle import InputSpec
from covidweb.dataset import data_root
from covidweb.dataset.boxes import in_boxes
from covidweb.errors import EXPECTED, DataError, sentence
from covidweb.metrics import auc
from covidweb.networks.standard import WHOLE_FILM
from covidweb.screening.localisation import chance, points_at
from covidweb.simulate.opacity import insert_opacity
from covidweb.training.classifier.fit import Recipe, fit
from covidweb.training.classifier.head import HeadOptions
from covidweb.training.classifier.lessons import CHILDREN, COVID, POOL_NORMALS, Mix, Plan
from covidweb.training.classifier.pool import CUT_OUT, Pool, load_pool, on_box
from covidweb.training.classifier.strength import Strength
from covidweb.training.classifier.train import MARGIN, features_of, finish, opacity_head
from covidweb.training.run import run_folder

if TYPE_CHECKING:
    import keras

HOLD_OUT = ("cxnet", "openist")
SHORT = Recipe(epochs=4, batches=50)
_OLD_NIH = tuple(
    Plan(n, ("auxiliary_nih",), "nih", label, view=view, opacity=opacity, insert=insert)
    for view in ("AP", "PA")
    for n, label, opacity, insert in (
        (2, "pneumonia", 1.0, 0.0),
        (1, "normal", 0.0, 0.0),
        (1, "normal", 0.0, 0.5),
    )
)

VARIANTS: dict[str, Recipe] = {
    "base": SHORT,
    "scratch": replace(SHORT, pretrained=False, frozen=0),
    "no_boxes": replace(SHORT, mix=Mix(boxes=False)),
    "old_lessons": replace(SHORT, mix=Mix(COVID + POOL_NORMALS + CHILDREN + _OLD_NIH)),
    "hard_cut": replace(SHORT, cut=True),
    "gradient_0": replace(SHORT, gradient=0.0),
    "gradient_40": replace(SHORT, gradient=0.4),
    "second": replace(SHORT, gradient=0.4, place=2.0),
    "stage_3": replace(SHORT, stage=3),
    "stage_5": replace(SHORT, stage=5),
    "no_mirror": replace(SHORT, strength=Strength(mirror=0.0)),
    "no_patches": replace(SHORT, strength=Strength(patches=0.0)),
}


def run(
    name: str,
    data: Path,
    hold_out: tuple[str, ...] = HOLD_OUT,
    seed: int = 0,
    epochs: int | None = None,
    *,
    beside: bool = True,
) -> dict[str, Any]:
    """Train a variant and return its figures.

    Args:
        name: of `VARIANTS`. data: the data root.
        hold_out: sources that neither trunk nor head sees.
        seed: of weights, order and augmentation.
        epochs: passes; None for the variant's.
        beside: draw batches in a process of their own.

    Raises:
        DataError: no such variant, or no such source in the data.
    """
    if name not in VARIANTS:
        raise DataError(f"A variant is one of {', '.join(VARIANTS)}. Received: {name}")
    recipe, start = VARIANTS[name], time.monotonic()
    recipe = replace(recipe, epochs=epochs or recipe.epochs)
    folder = run_folder("-".join(["try", name, f"seed{seed}", *hold_out]))
    spec = InputSpec(recipe.size, "lungs", MARGIN, mask_channel=True)
    pool = load_pool(data, spec, folder.parent / "cache")
    sources = sorted(pool.rows["source"].unique())
    if unknown := sorted(set(hold_out) - set(sources)):
        raise DataError(
            f"Sources to leave out are among {', '.join(sources)}. Received: {', '.join(unknown)}"
        )
    model = fit(pool, recipe, folder, seed, hold_out, beside=beside)
    facts = finish(model, pool, HeadOptions(), hold_out, seed)
    unseen = np.flatnonzero(
        ((pool.rows["split"] == "validation") | pool.rows["source"].isin(hold_out)) & pool.framed
    )
    logits = logits_of(model, pool, unseen)
    found: dict[str, Any] = {"variant": name, "seed": seed, "hold_out": list(hold_out)}
    found |= {"epochs": recipe.epochs, "threshold": facts.operating.threshold}
    found |= figures(pool, unseen, *logits, hold_out)
    pairs = [value for pair, value in facts.left_out.items() if pair != "inside"]
    found |= {"left_out_of_head": float(np.mean(pairs))} if pairs else {}
    found |= _rates(
        pool,
        unseen,
        facts.operating.calibration.probability(logits[0]),
        facts.operating.threshold,
    )
    found |= hit_rates(model, pool)
    return found | {"minutes": round((time.monotonic() - start) / 60, 1)}


def logits_of(model: "keras.Model", pool: Pool, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the COVID and the opacity logits (n,) of rows of the pool."""
    from covidweb.networks.classifier import covid_bias, covid_direction

    features = features_of(model, pool, index)
    return (
        features @ covid_direction(model) + covid_bias(model),
        opacity_head(model)(features),
    )


def figures(
    pool: Pool,
    index: np.ndarray,
    covid: np.ndarray,
    opacity: np.ndarray,
    hold_out: tuple[str, ...],
) -> dict[str, float]:
    """Return AUCs of the COVID and opacity logits, (n,) of rows `index` of the pool."""
    rows = pool.rows.iloc[index]
    main, apart = rows["set"] == "train_pool", rows["source"].isin(hold_out)
    truth = (rows["label"] == "covid").to_numpy()
    inside, outside = (main & ~apart).to_numpy(), (main & apart).to_numpy()
    found = {"inside": auc(truth[inside], covid[inside])}
    found["inside_accuracy"] = _best_accuracy(truth[inside], covid[inside])
    if len(np.unique(truth[outside])) == 2:
        found["left_out"] = auc(truth[outside], covid[outside])
        found["left_out_opacity"] = auc(truth[outside], opacity[outside])
    found |= _pairs(rows, truth, covid, hold_out)
    for source in ("kermany", "nih"):
        one = ((rows["source"] == source) & rows["label"].isin(("normal", "pneumonia"))).to_numpy()
        sick = (rows["label"] == "pneumonia").to_numpy()[one]
        if len(np.unique(sick)) == 2:
            found[f"{source}_opacity"] = auc(sick, opacity[one])
            found[f"{source}_covid"] = auc(sick, covid[one])
    return found


def _pairs(
    rows: pd.DataFrame, truth: np.ndarray, covid: np.ndarray, hold_out: tuple[str, ...]
) -> dict[str, float]:
    """Return the AUC of each left-out source's COVID-19 films against each one's normal films."""
    source, well = rows["source"].to_numpy(), (rows["label"] == "normal").to_numpy()
    found = {}
    for one, other in product(hold_out, repeat=2):
        known = (truth & (source == one)) | (well & (source == other))
        if len(np.unique(truth[known])) == 2:
            found[f"{one}-{other}"] = auc(truth[known], covid[known])
    return found


def hit_rates(model: "keras.Model", pool: Pool, films: int = 200) -> dict[str, float]:
    """Return how often the hottest cell lies on what is known to be opaque, beside chance.

    `box`: validation films with radiologists' boxes; `inserted`: normal adults with an opacity.
    """
    from covidweb.networks.classifier import evidence_model

    evidence, rng = evidence_model(model), np.random.default_rng(0)
    boxed = pool.where(set=CUT_OUT, label="pneumonia", split="validation")[:films]
    plain = pool.where(source=("nih", "rsna"), label="normal", split="validation")
    plain = rng.permutation(plain)[:films]
    found = {}
    for name, index, known in (("box", boxed, _boxes), ("inserted", plain, _inserted)):
        index = index[pool.framed[index]]
        if not len(index):
            continue
        ready = [known(pool, int(row), rng) for row in index]
        inputs = np.stack([film for film, _ in ready])
        maps = evidence.predict(inputs, batch_size=32, verbose=0)["evidence"]
        hits = [points_at(m, WHOLE_FILM, e) for m, (_, e) in zip(maps, ready, strict=True)]
        lucky = [chance(WHOLE_FILM, extent, film[..., 1] > 0.5) for film, extent in ready]
        found[name], found[f"{name}_by_chance"] = float(np.mean(hits)), float(np.mean(lucky))
    return found


def _boxes(pool: Pool, row: int, _: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    film = pool.standard(np.array([row]))[0]
    boxes = on_box(pool.boxes_of(row), tuple(pool.frames[row]))
    return film, in_boxes(boxes, film.shape[:2]).astype(np.float32)


def _inserted(pool: Pool, row: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    film = pool.standard(np.array([row]))[0]
    grey, extent = insert_opacity(film[..., 0], film[..., 1] > 0.5, rng)
    return np.stack([grey, film[..., 1]], -1), extent


def _best_accuracy(truth: np.ndarray, score: np.ndarray) -> float:
    tried = np.quantile(score, np.linspace(0, 1, 200))
    return float(max(np.mean((score >= t) == truth) for t in tried))


def _rates(
    pool: Pool, index: np.ndarray, probability: np.ndarray, threshold: float
) -> dict[str, float]:
    """Return shares called COVID-19 at the threshold, by source and label, of unlearned films."""
    rows = pool.rows.iloc[index]
    called = probability >= threshold
    names = (rows["source"] + " " + rows["label"]).to_numpy()
    return {f"called {name}": float(called[names == name].mean()) for name in np.unique(names)}


def main(
    names: Annotated[list[str], typer.Argument(help="Variants to train, one after the other.")],
    data: Annotated[Path | None, typer.Option(help="The data root, with manifest.csv.")] = None,
    hold_out: Annotated[str, typer.Option(help="Sources to leave out of everything.")] = ",".join(
        HOLD_OUT
    ),
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes of 50 batches.")] = None,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
) -> None:
    """Train short runs without whole sources, and say how these are answered."""
    results, left_out = run_folder("experiments"), tuple(hold_out.split(","))
    results.mkdir(parents=True, exist_ok=True)
    for name in names:
        try:
            found = run(name, data or data_root(), left_out, seed, epochs)
        except EXPECTED as error:
            typer.echo(sentence(error), err=True)
            raise typer.Exit(2) from error
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()})
        typer.echo(line)
        with (results / "results.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")


if __name__ == "__main__":
    typer.run(main)
