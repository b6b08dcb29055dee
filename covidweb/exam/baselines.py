"""What reaches how much without a lung: four shortcuts learned on the same split."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from covidweb.bundle.evaluation import Section
from covidweb.dataset import group_names
from covidweb.metrics import Value, auc_interval
from covidweb.networks.standard import WHOLE_FILM, resize_box
from covidweb.radiograph import Radiograph
from covidweb.screening.regions import mask_on_film
from covidweb.training.films import in_batches, read_films

if TYPE_CHECKING:
    from covidweb.screening.lungs import LungFinder

SIDE, BORDER, BINS, SMALL = 32, 3, 32, 24
BATCH = 32
DRAWS = 500


def baselines(
    data: Path, learn: pd.DataFrame, test: pd.DataFrame, finder: "LungFinder | None"
) -> Section:
    """Learn COVID-19 against normal four times without a lung, with boosted trees.

    Args:
        data: the data root.
        learn, test: rows of the pool.
        finder: finds the lungs to paint over; None leaves that baseline out.

    Returns:
        For `histogram`, `border`, `blackout` and `file_facts`: the AUC on `test`.
    """
    both = pd.concat([learn, test])
    seen: dict[str, list[np.ndarray]] = {}
    for part in in_batches(read_films(data, both, "Reading films for the baselines"), BATCH):
        masks = [None] * len(part) if finder is None else [x.mask for x in finder.find(part)]
        for film, mask in zip(part, masks, strict=True):
            for name, values in _views(film, mask).items():
                seen.setdefault(name, []).append(values)
    inputs = {name: np.stack(values) for name, values in seen.items()}
    inputs["file_facts"] = file_facts(both)
    truth = (both["label"] == "covid").to_numpy()
    groups = group_names(test).to_numpy()
    return {
        name: {"auc": _boosted(values, truth, len(learn), groups)}
        for name, values in inputs.items()
    }


def file_facts(rows: pd.DataFrame) -> np.ndarray:
    """Return what the original file alone tells: width, height, proportions, and its kind."""
    width, height = rows["width"].to_numpy(float), rows["height"].to_numpy(float)
    endings = rows["repo_path"].str.rsplit(".", n=1).str[-1].str.lower()
    kind = [int(hashlib.sha256(e.encode()).hexdigest()[:4], 16) for e in endings]
    return np.stack([width, height, width / np.maximum(height, 1), np.array(kind, float)], axis=1)


def _views(film: Radiograph, mask: np.ndarray | None) -> dict[str, np.ndarray]:
    small = resize_box(film.pixels, WHOLE_FILM, SIDE)
    inner = np.zeros((SIDE, SIDE), bool)
    inner[BORDER:-BORDER, BORDER:-BORDER] = True
    counts = np.histogram(film.pixels, BINS, (0, 1))[0] / film.pixels.size
    found = {"histogram": counts, "border": small[~inner]}
    if mask is not None:
        found["blackout"] = _without_lungs(film, mask)
    return found


def _without_lungs(film: Radiograph, mask: np.ndarray) -> np.ndarray:
    """Return a thumbnail whose lungs are painted in the film's middle grey."""
    grey = np.float32(np.median(film.pixels))
    lungs = mask_on_film(mask, film.pixels.shape)
    return resize_box(np.where(lungs, grey, film.pixels), WHOLE_FILM, SMALL).ravel()


def _boosted(values: np.ndarray, truth: np.ndarray, count: int, groups: np.ndarray) -> Value | None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=80, random_state=0)
    model.fit(values[:count], truth[:count])
    return auc_interval(truth[count:], model.predict_proba(values[count:])[:, 1], groups, DRAWS)
