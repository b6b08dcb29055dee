"""Known places: boxes on films, and whether the top zone is one that is opaque."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from covidweb.dataset import load_manifest, split_manifest
from covidweb.exam.places import _top_zone, boxed, simulated
from covidweb.screening.regions import Lungs
from covidweb.screening.result import ZONES


def lungs(side: int = 60) -> Lungs:
    right, left = np.zeros((2, side, side), bool)
    right[15:45, 8:26] = True
    left[15:45, 34:52] = True
    return Lungs(right, left, True)


def test_the_top_zone_is_right_where_it_is_opaque() -> None:
    extent = np.zeros((120, 120), np.float32)
    extent[70:90, 20:50] = 1
    for name in ZONES:
        evidence = {zone: float(zone == name) for zone in ZONES}
        right, chance = _top_zone(evidence, lungs(), extent)
        assert right == float(name == "right_lower") and chance == pytest.approx(1 / 6)


def test_without_opacity_or_evidence_no_zone_is_right_or_wrong() -> None:
    nothing, some = np.zeros((60, 60), np.float32), np.ones((60, 60), np.float32)
    assert np.isnan(_top_zone(dict.fromkeys(ZONES, 1.0), lungs(), nothing)).all()
    assert np.isnan(_top_zone(dict.fromkeys(ZONES, 0.0), lungs(), some)).all()


def test_only_boxes_of_films_that_were_not_learned_from_count(small_data: Path) -> None:
    manifest = load_manifest(small_data)
    split = split_manifest(manifest)
    rows = [(name, 0.25, 0.5, 0.5, 1.0) for name in manifest["image_id"]]
    table = pd.DataFrame(rows, columns=["image_id", "left", "top", "right", "bottom"])
    table.to_csv(small_data / "boxes.csv", index=False)
    found = list(boxed(small_data, 100))
    assert len(found) == (split == "test").sum() > 0
    height, width = found[0].extent.shape
    rows_, columns = np.nonzero(found[0].extent)
    assert (rows_.min(), rows_.max() + 1) == (round(0.5 * height), height)
    assert (columns.min(), columns.max() + 1) == (round(0.25 * width), round(0.5 * width))


def test_simulated_films_know_their_opacities() -> None:
    one = next(simulated(1))
    assert one.film.pixels.shape == one.extent.shape and one.extent.max() > 0.5
