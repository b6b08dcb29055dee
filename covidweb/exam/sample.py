"""Films of the test split with what a model says of them: what the audit looks at."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from covidweb.dataset import group_names
from covidweb.radiograph import Radiograph
from covidweb.screening.regions import Lungs
from covidweb.training.films import read_films

if TYPE_CHECKING:
    from covidweb.screening import Screener


@dataclass(frozen=True, eq=False)
class Sample:
    """Films of the test split with what the model says of them.

    Attributes:
        rows: of the manifest. stored: the films as they came. films: the same as they were read.
        lungs: as found, None without a lung network.
        scores: calibrated, (N,). grids: (N, h, w), >= 0. features: (N, C) or None.
        boxes: where the grids lie on the films.
    """

    rows: pd.DataFrame
    stored: list[Radiograph]
    films: list[Radiograph]
    lungs: list[Lungs | None]
    scores: np.ndarray
    grids: np.ndarray
    features: np.ndarray | None
    boxes: list[tuple[float, float, float, float]]

    @property
    def covid(self) -> np.ndarray:
        """Bool (N,)."""
        return np.asarray((self.rows["label"] == "covid").to_numpy())

    @property
    def groups(self) -> np.ndarray:
        """One name per film (N,)."""
        return np.asarray(group_names(self.rows).to_numpy())


def draw_sample(screener: "Screener", data: Path, rows: pd.DataFrame, films: int) -> Sample:
    """Draw test films of both classes, sources evenly, and screen them."""
    test = rows[rows["set"] == "test"]
    parts = []
    for _, one in test.groupby("label"):
        share = -(-films // one["source"].nunique())
        parts += [p.sample(min(share, len(p)), random_state=0) for _, p in one.groupby("source")]
    chosen = pd.concat(parts).reset_index(drop=True)
    stored = list(read_films(data, chosen, "Reading films to audit"))
    prepared = [screener.prepare(film) for film in stored]
    # Lungs and maps lie on the films as they were laid, so those are what is painted on.
    read = [ready.laid.film for ready in prepared]
    scores, output = screener.scores(read)
    return Sample(
        chosen,
        stored,
        read,
        [p.lungs for p in prepared],
        scores,
        output.grids,
        output.features,
        [p.input.box for p in prepared],
    )
