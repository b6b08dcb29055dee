"""What a soak makes of the memory that it saw."""

import numpy as np
import pytest
from soak import slope

SECONDS = np.arange(150.0, 300.0, 2.0)


def test_growth_is_that_of_what_stays():
    held = 1_000 + 3 * SECONDS / 60
    for_a_moment = np.where(np.arange(len(SECONDS)) % 5, 0, np.linspace(0, 400, len(SECONDS)))
    assert slope(SECONDS, held) == pytest.approx(3, abs=0.1)
    assert slope(SECONDS, held + for_a_moment) == pytest.approx(3, abs=0.5)
    assert slope(SECONDS, 1_000 + for_a_moment) == pytest.approx(0, abs=0.1)


def test_too_short_a_run_has_no_slope():
    assert slope(SECONDS[:3], SECONDS[:3]) == 0
