"""Films whose answer lies near the middle are read again, and their answer is the mean.

Turned, framed or scaled a little otherwise, a film is answered a little otherwise. Near 0 and 1
that hardly moves its probability; between them it does. There the logit is the mean over the film
and other views of it (test-time augmentation: Wang et al., Neurocomputing 338, 2019,
doi:10.1016/j.neucom.2019.01.103). How much those count rises from nothing, so no answer jumps where
they set in.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from covidweb.networks.standard import Box, View
from covidweb.screening.engine import EngineOutput

SETS_IN = 0.2
"""Probability, and its distance from 1, beyond which other views count."""

IN_FULL = 0.26
"""The same, from which on each counts as much as the first."""

VIEWS = (
    View(degrees=-4.0),
    View(degrees=4.0, mirrored=True),
    View(scale=0.95),
    View(scale=1.05, mirrored=True),
)
"""Chosen on validation films (`docs/experiments.md`)."""


def weight(probabilities: np.ndarray) -> np.ndarray:
    """Return what other views count, float64 (N,) in 0..1, for films of such probabilities."""
    lowest, highest = (p * (1 - p) for p in (SETS_IN, IN_FULL))
    middle = np.asarray(probabilities, np.float64) * (1 - np.asarray(probabilities))
    return np.asarray(np.clip((middle - lowest) / (highest - lowest), 0.0, 1.0))


def once(output: EngineOutput) -> EngineOutput:
    """Return what films gave that were read once: lowest and highest logit are their own."""
    return replace(output, span=_alone(output))


def averaged(
    first: EngineOutput,
    others: EngineOutput,
    near: np.ndarray,
    counts: np.ndarray,
    places: Sequence[tuple[Box, tuple[int, int]]],
) -> EngineOutput:
    """Move the answers of films to the means of all their readings, as far as those count.

    Args:
        first: of N films as they are.
        others: of `near` in each of `VIEWS`, film by film.
        near: which films were read again, int (n,).
        counts: what the other views count for each, (n,) in 0..1.
        places: of each, the plain view's box, and width and height of the film in pixels.

    Returns:
        `first` with logit, opacity, map and span of these films moved. Features stay those of the
        films as they are, which the gate knows.
    """

    def apart(values: np.ndarray) -> np.ndarray:
        return values.reshape(len(near), len(VIEWS), *values.shape[1:])

    def moved(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Join values (N, ...) with those of the other views, (n, views, ...)."""
        mean = (before[near] + after.sum(axis=1)) / (1 + len(VIEWS))
        share = counts.reshape(-1, *[1] * (before.ndim - 1))
        return _with(before, near, before[near] + share * (mean - before[near]))

    logits = apart(others.logits)
    every = np.column_stack([first.logits[near], logits])
    spans = np.column_stack([every.min(axis=1), every.max(axis=1)])
    maps = [
        [view.back(grid, *place) for view, grid in zip(VIEWS, film, strict=True)]
        for film, place in zip(apart(others.grids), places, strict=True)
    ]
    opacity = first.opacity
    if opacity is not None and others.opacity is not None:
        opacity = moved(opacity, apart(others.opacity))
    return replace(
        first,
        logits=moved(first.logits, logits),
        grids=moved(first.grids, np.array(maps)),
        opacity=opacity,
        span=_with(_alone(first), near, spans),
    )


def _alone(output: EngineOutput) -> np.ndarray:
    return np.column_stack([output.logits, output.logits])


def _with(values: np.ndarray, at: np.ndarray, new: np.ndarray) -> np.ndarray:
    found = values.copy()
    found[at] = new
    return found
