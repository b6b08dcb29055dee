"""A film as the training sees it, for people to look at."""

from pathlib import Path

import numpy as np
import pandas as pd

from covidweb.bundle import InputSpec
from covidweb.networks.classifier import SIZE, STRIDE
from covidweb.screening.lungs import LungFinder
from covidweb.training.classifier.batches import Drawer
from covidweb.training.classifier.lessons import Lesson, Plan
from covidweb.training.classifier.pool import Pool, cut_films
from covidweb.training.classifier.strength import Strength
from covidweb.training.classifier.train import MARGIN


def training_films(root: Path, rows: pd.DataFrame, count: int, seed: int) -> list[np.ndarray]:
    """Return the first row's film as training would draw it.

    Args:
        root: the data root.
        rows: of the manifest: the film, then donors of grey levels.
        count: how many draws.
        seed: of the draws.

    Returns:
        uint8 (224, 224) each.

    Raises:
        DataError: a film cannot be read.
        ModelError: there is no lung network.
    """
    spec = InputSpec(SIZE, "lungs", MARGIN, mask_channel=True)
    pool = Pool(rows, *cut_films(root, rows, spec, LungFinder.load()), np.zeros((0, 5)))
    film = rows.iloc[0]
    normal = film["label"] == "normal"
    plan = Plan(1, (film["set"],), film["source"], film["label"], insert=0.5 * normal)
    lesson = Lesson(plan, np.arange(len(rows)))
    drawer = Drawer(pool, (lesson,), SIZE, SIZE // STRIDE, seed, Strength())
    drawn = [drawer.film(lesson, 0, np.random.default_rng((seed, i)))[0] for i in range(count)]
    return [np.round(film[..., 0] * 255).astype(np.uint8) for film in drawn]
