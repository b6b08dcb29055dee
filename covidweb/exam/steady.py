"""Do wide borders and a tilt move the probability? Films are screened again after each change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from covidweb.bundle.evaluation import Steadiness, Steady
from covidweb.metrics import bootstrap
from covidweb.radiograph import Radiograph
from covidweb.training.films import in_batches

if TYPE_CHECKING:
    from covidweb.screening import Screener

MOVED = 0.1
"""Largest move of the probability that counts as steady."""

TILT = 10
BATCH = 32
DRAWS = 300


def bordered(
    pixels: np.ndarray, left: float, top: float, right: float, bottom: float, grey: float
) -> np.ndarray:
    """Put plain borders of one grey around a film, as fractions of its width and height."""
    height, width = pixels.shape
    rows = (round(top * height), round(bottom * height))
    columns = (round(left * width), round(right * width))
    return np.pad(pixels, (rows, columns), constant_values=grey)


def tilted(pixels: np.ndarray, degrees: float, whole: bool, grey: float = 0.0) -> np.ndarray:
    """Turn a film clockwise about its middle; its frame stays, or grows to hold it `whole`."""
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    turned = image.rotate(-degrees, Image.Resampling.BILINEAR, expand=whole, fillcolor=grey)
    return np.asarray(turned)


CHANGES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "black_border": lambda p: bordered(p, 0.25, 0.25, 0.25, 0.25, 0.0),
    "white_border": lambda p: bordered(p, 0.15, 0.15, 0.15, 0.15, 1.0),
    "grey_bars": lambda p: bordered(p, 0.0, 0.3, 0.0, 0.3, 0.5),
    "black_on_two_sides": lambda p: bordered(p, 0.4, 0.2, 0.0, 0.0, 0.0),
    "tilted_clockwise": lambda p: tilted(p, TILT, whole=False),
    "tilted_anticlockwise": lambda p: tilted(p, -TILT, whole=False),
    "tilted_whole": lambda p: tilted(p, TILT, whole=True),
}


def steadiness(
    screener: "Screener", films: Iterable[Radiograph], groups: Sequence[str]
) -> Steadiness:
    """Return how often the probability holds under each of `CHANGES`.

    Args:
        screener: any that screens films.
        films: films to change; they are read as they are needed, and not kept.
        groups: one name per film, for the intervals.
    """
    answers = [_answers(screener, part) for part in in_batches(films, BATCH)]
    before, *after = np.concatenate(answers, axis=1)
    names = np.asarray(groups)
    return Steadiness(
        model=screener.name,
        sha256=screener.sha256,
        n=len(before),
        limit=MOVED,
        not_assessed=int(np.isnan(before).sum()),
        changes={
            name: _steady(before, changed, names)
            for name, changed in zip(CHANGES, after, strict=True)
        },
    )


def _steady(before: np.ndarray, after: np.ndarray, groups: np.ndarray) -> Steady:
    both = ~np.isnan(before) & ~np.isnan(after)
    move = np.abs(after - before)[both]
    within = (move <= MOVED).astype(float)
    return Steady(
        n=int(both.sum()),
        within=bootstrap(_mean_of(within), groups[both], n=DRAWS) if both.any() else None,
        lost=int((~np.isnan(before) & np.isnan(after)).sum()),
        move_p95=round(float(np.quantile(move, 0.95)), 4) if both.any() else None,
    )


def _mean_of(values: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda chosen: float(values[chosen].mean())


def _answers(screener: "Screener", films: Sequence[Radiograph]) -> np.ndarray:
    """Return the probabilities of films and of each of their changes, float64 (1 + changes, N).

    NaN stands where a film was not assessed.
    """
    found = [_probabilities(screener, films)]
    for change in CHANGES.values():
        copies = [replace(film, pixels=change(film.pixels)) for film in films]
        found.append(_probabilities(screener, copies))
    return np.array(found)


def _probabilities(screener: "Screener", films: Sequence[Radiograph]) -> list[float]:
    results = screener.screen_many(films)
    return [np.nan if one.probability is None else one.probability for one in results]
