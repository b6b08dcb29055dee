"""Compare variants of the recipe: inside, with sources left out, and within sources.

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
from typing import Any

import numpy as np

from covidweb.dataset import data_root
from covidweb.metrics import auc
from covidweb.networks.standard import InputSpec
from covidweb.training.classifier.augment import Strength
from covidweb.training.classifier.fit import Recipe, fit
from covidweb.training.classifier.head import HeadOptions
from covidweb.training.classifier.lessons import Mix
from covidweb.training.classifier.pool import Pool, load_pool
from covidweb.training.classifier.train import MARGIN, features_of, finish
from covidweb.training.run import run_folder

HOLD_OUT = ("cxnet", "openist")
SHORT = Recipe(epochs=6, batches=60, gradient=0.0)
MILD = Strength(borrow=0, equalise=0, curve=0.1, shade=0, blur=0, noise=0, jpeg=0, resolution=0)

VARIANTS: dict[str, Recipe] = {
    "base": SHORT,
    "no_insert": replace(SHORT, mix=Mix(insert=0.0), place=0.0),
    "no_place": replace(SHORT, place=0.0),
    "gradient_10": replace(SHORT, gradient=0.1),
    "gradient_100": replace(SHORT, gradient=1.0),
    "adversary": replace(SHORT, adversary=0.1),
    "unblanked": replace(SHORT, blank=False),
    "mild": replace(SHORT, strength=MILD),
    "no_borrow": replace(SHORT, strength=Strength(borrow=0.0)),
    "wide": replace(SHORT, width=32),
}


def run(name: str, data: Path, hold_out: tuple[str, ...] = HOLD_OUT, seed: int = 0) -> dict:
    """Train a variant and return its figures.

    Raises:
        KeyError: no such variant.
    """
    recipe, start = VARIANTS[name], time.monotonic()
    folder = run_folder("-".join(["try", name, f"seed{seed}", *hold_out]))
    spec = InputSpec(recipe.size, "lungs", MARGIN, mask_channel=True)
    pool = load_pool(data, spec, folder.parent / "cache")
    model = fit(pool, recipe, folder, seed, hold_out)
    facts = finish(model, pool, HeadOptions(), hold_out)
    features = features_of(model, pool, np.arange(len(pool.rows)))
    weights = {layer: model.get_layer(layer).get_weights() for layer in _HEADS}
    opacity = features @ weights["opacity_logit"][0][:, 0] + weights["opacity_logit"][1][0]
    covid = features @ weights["covid_reading"][0][:, 0] + weights["covid_reading"][1][0]
    covid = covid + weights["opacity_share"][0][0, 0] * opacity
    np.savez(folder / "features.npz", features=features, opacity=weights["opacity_logit"][0])
    found: dict[str, Any] = {"variant": name, "seed": seed, "hold_out": list(hold_out)}
    found |= figures(pool, covid, opacity, facts.operating.probability(covid), hold_out)
    found["threshold"] = facts.operating.threshold
    found |= _rates(pool, facts.operating.probability(covid), facts.operating.threshold, hold_out)
    return found | {"minutes": round((time.monotonic() - start) / 60, 1)}


_HEADS = ("opacity_logit", "covid_reading", "opacity_share")


def figures(
    pool: Pool,
    covid: np.ndarray,
    opacity: np.ndarray,
    probability: np.ndarray,
    hold_out: tuple[str, ...],
) -> dict[str, float]:
    """Return AUCs of the COVID and opacity logits, (N,) over the pool's rows."""
    rows = pool.rows
    kept = ~rows["source"].isin(hold_out).to_numpy()
    main, seen = (rows["set"] == "train_pool").to_numpy(), (rows["split"] != "train").to_numpy()
    truth = (rows["label"] == "covid").to_numpy()
    inside, outside = main & kept & (rows["split"] == "validation").to_numpy(), main & ~kept
    found = {"inside": auc(truth[inside], covid[inside])}
    found["inside_accuracy"] = _best_accuracy(truth[inside], covid[inside])
    if outside.any():
        found["left_out"] = auc(truth[outside], covid[outside])
        found["left_out_opacity"] = auc(truth[outside], opacity[outside])
    for source in ("kermany", "nih"):
        one = seen & (rows["source"] == source).to_numpy()
        sick = (rows["label"] == "pneumonia").to_numpy()[one]
        found[f"{source}_opacity"] = auc(sick, opacity[one])
        found[f"{source}_covid"] = auc(sick, covid[one])
    return found


def _best_accuracy(truth: np.ndarray, score: np.ndarray) -> float:
    tried = np.quantile(score, np.linspace(0, 1, 200))
    return float(max(np.mean((score >= t) == truth) for t in tried))


def _rates(
    pool: Pool, probability: np.ndarray, threshold: float, hold_out: tuple[str, ...]
) -> dict[str, float]:
    """Return shares called COVID-19 at the threshold, by source and label, of unlearned films."""
    rows = pool.rows
    unseen = (rows["split"] != "train") | rows["source"].isin(hold_out)
    called = probability >= threshold
    names = rows["source"] + " " + rows["label"]
    chosen = unseen.to_numpy()
    return {
        f"called {name}": float(called[chosen & (names == name).to_numpy()].mean())
        for name in sorted(names[chosen].unique())
    }


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
