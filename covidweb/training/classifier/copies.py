"""Training films as another machine might have taken them, for the COVID head to be fitted on too.

A linear reading of the features weighs fine texture, which noise, compression and processing
change. Fitted on films as they are and as they might have been taken, it weighs what stays.
"""

from typing import TYPE_CHECKING

import numpy as np

from covidweb.training.classifier.batches import Drawer
from covidweb.training.classifier.lessons import Lesson, Plan
from covidweb.training.classifier.pool import CUT_OUT, Pool
from covidweb.training.classifier.strength import Strength

if TYPE_CHECKING:
    import keras

COUNT = 4000
"""Films that are drawn again, at most."""

HOW = Strength(patches=0.0, cut=0.0, holes=0.0)
"""Nothing of a film is taken away: its label must hold."""

_BATCH = 64


def copied_films(pool: Pool, index: np.ndarray, seed: int) -> np.ndarray:
    """Choose the rows to draw again, int (n,), of rows `index` of the pool: whole films only."""
    whole = index[(pool.rows["set"] != CUT_OUT).to_numpy()[index]]
    return np.sort(np.random.default_rng((seed, 11)).permutation(whole)[:COUNT])


def copies_features(
    model: "keras.Model", pool: Pool, index: np.ndarray, seed: int, size: int
) -> np.ndarray:
    """Return the features float64 (n, C) of rows of the pool, each drawn once in another style.

    Args:
        model: the classifier.
        pool: the films.
        index: rows, int (n,), at least one; their grey levels are borrowed from each other.
        seed: of the draws.
        size: side of the network's input in pixels.
    """
    import keras

    from covidweb.networks.classifier import STRIDE

    lesson = Lesson(Plan(1, (), "", ""), index)
    drawer = Drawer(pool, (lesson,), size, size // STRIDE, seed, HOW)
    reader = keras.Model(model.input, model.get_layer("features").output)
    found = []
    for part in np.array_split(index, max(1, len(index) // _BATCH)):
        films = [drawer.film(lesson, int(i), np.random.default_rng((seed, 12, i)))[0] for i in part]
        found.append(reader.predict_on_batch(np.stack(films)))
    return np.concatenate(found).astype(np.float64)
