"""Do wide borders and a tilt move the probability? Films are screened again after each change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from covidweb.bundle.evaluation import Steadiness, Steady
from covidweb.metrics import bootstrap
from covidweb.progress import track
from covidweb.radiograph import Radiograph

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
    screener: "Screener", films: Sequence[Radiograph], groups: Sequence[str]
) -> Steadiness:
    """Return how often the probability holds under each of `CHANGES`.

    Args:
        screener: any that screens films.
        films: films to change.
        groups: one name per film, for the intervals.
    """
    before = _probabilities(screener, films, "Screening films")
    found: dict[str, Steady] = {}
    for name, change in CHANGES.items():
        copies = [replace(film, pixels=change(film.pixels)) for film in films]
        after = _probabilities(screener, copies, f"Screening films, {name}")
        both = ~np.isnan(before) & ~np.isnan(after)
        move = np.abs(after - before)[both]
        within = (move <= MOVED).astype(float)
        names = np.asarray(groups)[both]
        found[name] = Steady(
            n=int(both.sum()),
            within=bootstrap(_mean_of(within), names, n=DRAWS) if both.any() else None,
            lost=int((~np.isnan(before) & np.isnan(after)).sum()),
            move_p95=round(float(np.quantile(move, 0.95)), 4) if both.any() else None,
        )
    return Steadiness(
        model=screener.name,
        sha256=screener.sha256,
        n=len(films),
        limit=MOVED,
        not_assessed=int(np.isnan(before).sum()),
        changes=found,
    )


def _mean_of(values: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda chosen: float(values[chosen].mean())


def _probabilities(screener: "Screener", films: Sequence[Radiograph], title: str) -> np.ndarray:
    """Return float64 (N,), NaN where a film was not assessed."""
    found: list[float] = []
    for start in track(range(0, len(films), BATCH), title, -(-len(films) // BATCH)):
        for result in screener.screen_many(films[start : start + BATCH]):
            found.append(np.nan if result.probability is None else result.probability)
    return np.array(found)
