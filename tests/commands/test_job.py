import numpy as np
import pytest

from covidweb.commands.job import _mask
from covidweb.radiograph import read_radiograph
from covidweb.screening.placement import Placement
from covidweb.screening.result import ModelId, ScreeningResult


def test_the_mask_of_a_tilted_film_lies_as_the_file_does(film_png):
    half = np.zeros((64, 64), bool)
    half[:32] = True
    tilt = Placement(20.0)
    result = ScreeningResult("ok", 0.5, ModelId("a", "b"), lung_mask=half, placement=tilt)
    mask = np.asarray(_mask(read_radiograph(film_png(1)), result)) > 127
    edge = mask.sum(axis=0)
    # The level edge of the turned film runs down to the right, as the film did, by 20 degrees.
    slope = np.polyfit(np.arange(40, 216), edge[40:216], 1)[0]
    assert mask.shape == (256, 256) and slope == pytest.approx(np.tan(np.deg2rad(20)), abs=0.03)
