from dataclasses import replace

import numpy as np
import pytest
from drawn_lungs import DrawnLungs

from covidweb.bundle.card import Calibration
from covidweb.networks.standard import WHOLE_FILM
from covidweb.radiograph import read_radiograph
from covidweb.screening.again import IN_FULL, SETS_IN, VIEWS, averaged, once, weight
from covidweb.screening.engine import EngineOutput
from covidweb.screening.screener import Screener

CELLS = 6
PLACE = (WHOLE_FILM, (300, 200))


def output(logits):
    logits = np.asarray(logits, np.float32)
    grids = np.repeat(np.abs(logits), CELLS**2).reshape(-1, CELLS, CELLS)
    return EngineOutput(logits, grids, logits + 1, np.arange(len(logits))[:, None])


def test_other_views_count_near_the_middle_only_and_set_in_softly():
    p = np.linspace(0, 1, 2001)
    counts = weight(p)
    assert not counts[(p <= SETS_IN) | (p >= 1 - SETS_IN)].any()
    assert counts[(p >= IN_FULL) & (p <= 1 - IN_FULL)] == pytest.approx(1)
    assert np.abs(np.diff(counts)).max() < 0.01
    assert counts == pytest.approx(counts[::-1])


def test_views_lean_to_no_side():
    assert sum(view.degrees for view in VIEWS) == 0
    assert np.prod([view.scale for view in VIEWS]) == pytest.approx(1, abs=0.01)
    assert sum(view.mirrored for view in VIEWS) == len(VIEWS) / 2


def test_a_film_gets_the_mean_of_all_its_readings_as_far_as_they_count():
    first = once(output([5.0, 0.4, -0.3]))
    views = [[0.1, 0.2, 0.3, 0.5], [-1.0, 1.0, 2.0, 3.0]]
    found = averaged(
        first, output(np.ravel(views)), np.array([1, 2]), np.array([1.0, 0.5]), [PLACE, PLACE]
    )
    means = [np.mean([0.4, *views[0]]), -0.3 + 0.5 * (np.mean([-0.3, *views[1]]) + 0.3)]
    assert found.logits == pytest.approx([5.0, *means], abs=1e-6)
    assert found.opacity == pytest.approx(found.logits + 1, abs=1e-6)
    assert found.span == pytest.approx(np.array([[5, 5], [0.1, 0.5], [-1, 3]]))
    assert (found.features == first.features).all()
    assert (found.grids[0] == first.grids[0]).all()
    inner = found.grids[1, 2:-2, 2:-2]
    assert inner == pytest.approx(np.mean([0.4, *views[0]]), abs=0.01), "maps are averaged, too"


@pytest.fixture
def counted(classifier_root):
    """A Screener, and how many films its network was asked about in each call."""
    screener = Screener.load("classifier", classifier_root)
    asked = []
    engine = screener._engine

    def counting(batch):
        asked.append(len(batch))
        return engine(batch)

    made = Screener(screener.bundle, screener._model, counting, DrawnLungs(), screener._gate)
    return made, asked


def test_a_film_near_the_middle_is_read_again_and_told_so(counted, film_png):
    screener, asked = counted
    film = read_radiograph(film_png(0))
    ready = screener.prepare(film)
    logits = [
        screener.read(inputs[None])[1].logits[0]
        for inputs in (ready.input.array, *screener._views(ready))
    ]
    shift = Calibration(bias=-float(np.mean(logits)))
    screener.bundle = replace(
        screener.bundle, card=replace(screener.card, calibration=shift, uncertain_band=None)
    )
    asked.clear()
    result = screener.screen(film)
    assert sum(asked) == 1 + len(VIEWS)
    assert result.probability == pytest.approx(0.5, abs=1e-4)
    low, high = screener.calibrate(np.array([min(logits), max(logits)]))
    assert result.readings == pytest.approx((low, high), abs=1e-5)
    assert result.record("a.png")["readings"] == list(result.readings)


def test_a_film_far_from_the_middle_is_read_once(counted, film_png):
    screener, asked = counted
    sure = Calibration(bias=20.0)
    screener.bundle = replace(screener.bundle, card=replace(screener.card, calibration=sure))
    result = screener.screen(read_radiograph(film_png(0)))
    assert sum(asked) == 1
    assert result.readings is None
    assert result.record("a.png")["readings"] is None
