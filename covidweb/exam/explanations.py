"""Are the heatmaps to be believed? Where the evidence lies, and what happens without it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.exam.places import known_places
from covidweb.screening.regions import lung_share, mask_on_film, on_film

if TYPE_CHECKING:
    from covidweb.exam.sample import Sample
    from covidweb.radiograph import Radiograph
    from covidweb.screening import Screener
    from covidweb.screening.regions import Lungs

RATIO = 1.5
REMOVED = (0.0, 0.05, 0.1, 0.2)
RANDOM_DRAWS = 2
SIDE = 48


def explanations(
    screener: "Screener", sample: "Sample", data: Path, films: int = 40
) -> dict[str, dict[str, Any]]:
    """Run every check of the heatmaps.

    What holds by construction is not measured: a classifier multiplies its map by the lungs, so
    that its evidence lies in them proves nothing.

    Args:
        screener: of the bundle.
        sample: films of the test split with what the model says of them.
        data: the data root, for films with radiologists' boxes.
        films: how many films each of the slower checks looks at.

    Returns:
        `lung_ratio` (article's network only), `deletion`, `weight_randomisation`, and of
        `known_places` `boxes`, `inserted_opacities` and `simulated_films`.
    """
    called = np.flatnonzero(sample.scores >= screener.threshold)
    found: dict[str, dict[str, Any]] = {}
    ratios = lung_ratios(sample, called)
    if len(ratios) and screener.bundle.kind == "seed":
        found["lung_ratio"] = {
            "mean": float(np.mean(ratios)),
            f"share_above_{RATIO}": float(np.mean(ratios >= RATIO)),
            "films": len(ratios),
        }
    found["deletion"] = deletion(screener, sample, called[:films])
    found["weight_randomisation"] = randomised(screener, sample, called[:films])
    return found | known_places(screener, sample, data, films)


def lung_ratios(sample: "Sample", chosen: np.ndarray) -> np.ndarray:
    """Return the evidence's share in the lungs over their area, of films with plausible lungs."""
    values = [
        lung_share(sample.grids[i], sample.boxes[i], lungs)[1]
        for i in chosen
        if (lungs := sample.lungs[i]) is not None and lungs.plausible
    ]
    return np.array(values)


def deletion(screener: "Screener", sample: "Sample", chosen: np.ndarray) -> dict[str, Any]:
    """Paint the hottest part of each film, and as much at random, as aerated lung; screen again.

    Random areas have the map's own shape, moved and mirrored, so that both take blobs away.
    """
    if not len(chosen):
        return {}
    rng = np.random.default_rng(0)
    hottest, others = [], []
    for share in REMOVED:
        painted, moved = [], []
        for i in chosen:
            heat = _on_film(sample, i)
            level = _aerated(sample.films[i], sample.lungs[i])
            painted.append(_without(sample.films[i], heat, share, level))
            for _ in range(RANDOM_DRAWS):
                moved.append(_without(sample.films[i], _shuffled(heat, rng), share, level))
        hottest.append(float(_scores(screener, painted).mean()))
        others.append(float(_scores(screener, moved).mean()))
    return {
        "removed": list(REMOVED),
        "hottest": hottest,
        "random": others,
        "films": len(chosen),
    } | {
        f"fall_{round(100 * share)}_percent_{name}": values[0] - values[i]
        for i, share in enumerate(REMOVED)
        if share
        for name, values in (("hottest", hottest), ("random", others))
    }


def randomised(screener: "Screener", sample: "Sample", chosen: np.ndarray) -> dict[str, Any]:
    """Draw new weights for the network, and see whether the maps change (Adebayo et al., 2018)."""
    import keras

    from covidweb.screening.engine import build_engine

    if not len(chosen):
        return {}
    keras.utils.set_random_seed(0)
    model = keras.models.load_model(screener.bundle.weights(), compile=False)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            layer.set_weights([w.std() * rng.standard_normal(w.shape) for w in layer.get_weights()])
    engine = build_engine(model, screener.card)
    inputs = np.stack([screener.prepare(sample.films[i]).input.array for i in chosen])
    grids = engine(inputs).grids
    pairs = zip(sample.grids[chosen], grids, strict=True)
    values = [r for a, b in pairs if np.isfinite(r := _correlation(a, b))]
    return {"correlation": float(np.mean(values)) if values else 0.0, "films": len(chosen)}


def _on_film(sample: "Sample", i: int) -> np.ndarray:
    return on_film(sample.grids[i], sample.boxes[i], (SIDE, SIDE))


def _shuffled(heat: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moved = np.roll(heat, tuple(rng.integers(0, SIDE, 2)), (0, 1))
    return moved[:, ::-1] if rng.random() < 0.5 else moved


def _aerated(film: "Radiograph", lungs: "Lungs | None") -> float:
    """Return the grey of a film's aerated lung; its middle grey where no lungs were found.

    The middle grey of a film is soft tissue, and painted into a lung it would be an opacity.
    """
    if lungs is None or not lungs.plausible:
        return float(np.median(film.pixels))
    mask = mask_on_film(lungs.mask, film.pixels.shape)
    return float(np.percentile(film.pixels[mask], 30))


def _without(film: "Radiograph", heat: np.ndarray, share: float, level: float) -> "Radiograph":
    """Paint the hottest `share` of the film's area in one grey."""
    count = round(share * heat.size)
    if not count:
        return film
    cut = np.partition(heat.ravel(), -count)[-count]
    hot = mask_on_film(heat >= max(cut, 1e-12), film.pixels.shape)
    return replace(film, pixels=np.where(hot, np.float32(level), film.pixels))


def _scores(screener: "Screener", films: "list[Radiograph]") -> np.ndarray:
    return screener.probabilities(films) if films else np.array([np.nan])


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if first.std() < 1e-9 or second.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])
