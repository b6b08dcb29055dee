"""Compare variants of the recipe: inside, with sources left out, within sources, and on the map.

`python -m covidweb.training.classifier.experiments NAME [--data DIR]` trains a short run without
the COVID-19 source cxnet and the normal source openist, then scores films of both. External and
stress sets are never looked at here. One JSON line per run goes to
`runs/experiments/results.jsonl`.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.bundle import InputSpec
from covidweb.dataset import data_root
from covidweb.dataset.boxes import in_boxes
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
    "stage_3": replace(SHORT, stage=3),
    "stage_5": replace(SHORT, stage=5),
    "no_mirror": replace(SHORT, strength=Strength(mirror=0.0)),
    "no_patches": replace(SHORT, strength=Strength(patches=0.0)),
}


def run(
    name: str, data: Path, hold_out: tuple[str, ...] = HOLD_OUT, seed: int = 0
) -> dict[str, Any]:
    """Train a variant and return its figures.

    Raises:
        KeyError: no such variant.
    """
    recipe, start = VARIANTS[name], time.monotonic()
    folder = run_folder("-".join(["try", name, f"seed{seed}", *hold_out]))
    spec = InputSpec(recipe.size, "lungs", MARGIN, mask_channel=True)
    pool = load_pool(data, spec, folder.parent / "cache")
    model = fit(pool, recipe, folder, seed, hold_out)
    facts = finish(model, pool, HeadOptions(), hold_out, seed)
    unseen = np.flatnonzero(
        ((pool.rows["split"] == "validation") | pool.rows["source"].isin(hold_out)) & pool.framed
    )
    logits = logits_of(model, pool, unseen)
    found: dict[str, Any] = {"variant": name, "seed": seed, "hold_out": list(hold_out)}
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
    for source in ("kermany", "nih"):
        one = ((rows["source"] == source) & rows["label"].isin(("normal", "pneumonia"))).to_numpy()
        sick = (rows["label"] == "pneumonia").to_numpy()[one]
        if len(np.unique(sick)) == 2:
            found[f"{source}_opacity"] = auc(sick, opacity[one])
            found[f"{source}_covid"] = auc(sick, covid[one])
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


def main(arguments: list[str]) -> None:
    """Run the named variants one after the other."""
    data = data_root()
    if "--data" in arguments:
        place = arguments.index("--data")
        data = Path(arguments[place + 1])
        arguments = arguments[:place] + arguments[place + 2 :]
    results = run_folder("experiments")
    results.mkdir(parents=True, exist_ok=True)
    for name in arguments:
        found = run(name, data)
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()})
        print(line, flush=True)
        with (results / "results.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
