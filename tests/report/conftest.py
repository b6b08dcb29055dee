"""Items of a report: a drawn film with an answer whose evidence lies in one known place."""

import numpy as np
import pytest

from covidweb.radiograph import Radiograph
from covidweb.report import ReportItem
from covidweb.screening.result import ZONES, Finding, ModelId, ScreeningResult

SCALE = 0.5


def _lungs():
    """The zones as two boxes of 60 rows: the patient's right is on the left."""
    zones = np.zeros((100, 100), np.uint8)
    for number in range(6):
        row, column = 20 + 20 * (number % 3), 15 if number < 3 else 55
        zones[row : row + 20, column : column + 30] = number + 1
    return zones


@pytest.fixture
def make_result():
    """Make an answer: `make_result(status="ok", **changes)`; the evidence is at (0.3, 0.7)."""

    def make(status="ok", **changes):
        model = ModelId("default", "ab" * 32)
        if status in ("not_assessed", "error"):
            reason = changes.pop("reason", f"This one is {status}.")
            findings = (Finding("grey", False, "This is a colour picture."),)
            return ScreeningResult(status, 0.42, model, reason=reason, quality=findings, **changes)
        grid = np.zeros((10, 10), np.float32)
        grid[7, 3] = SCALE
        zones = _lungs()
        facts = {
            "verdict": "covid",
            "probability": 0.8312,
            "heatmap": grid,
            "heatmap_scale": SCALE,
            "lung_mask": zones > 0,
            "zone_map": zones,
            "lung_share": 0.75,
            "lung_ratio": 2.5,
            "regions": dict(zip(ZONES, (0.1, 0.2, 0.4, 0.05, 0.1, 0.15), strict=True)),
            "quality": (Finding("grey", True, "The picture is grey."),),
            "elapsed_ms": {"network": 12.0},
        }
        return ScreeningResult(status, 0.42, model, **{**facts, **changes})

    return make


@pytest.fixture
def make_film(film):
    """Make a film: `make_film(seed=0, size=(H, W))`."""

    def make(seed=0, size=(200, 160)):
        pixels = film(seed, size=size)
        return Radiograph(pixels, size[::-1], f"{seed:02x}" * 32, "PNG", "PA")

    return make


@pytest.fixture
def make_item(make_film, make_result):
    """Make an item: `make_item(name, status, seed, **changes of the result)`."""

    def make(
        name="film.png",
        status="ok",
        seed=0,
        size=(200, 160),
        interval=None,
        conditions=(),
        **changes,
    ):
        film = None if status == "error" else make_film(seed, size)
        return ReportItem(name, film, make_result(status, **changes), interval, conditions)

    return make
