import numpy as np
import pytest

from covidweb.radiograph import read_radiograph
from covidweb.screening.gate import Gate

GATE = Gate(np.array([1.0, 2.0]), np.array([[2.0, 0.0], [0.0, 0.5]]), 4.0)


@pytest.mark.parametrize(
    ("features", "distance", "passed"),
    [
        ((1.0, 2.0), 0.0, True),
        ((3.0, 2.0), 4.0, True),
        ((3.0, 4.0), 5.0, False),
        # Features that come first are none of the cloud's.
        ((90.0, 3.0, 2.0), 4.0, True),
    ],
)
def test_the_distance_is_mahalanobis_per_feature_and_the_far_are_turned_away(
    film_png, features, distance, passed
):
    features = np.array(features, np.float32)
    assert GATE.distance(features) == pytest.approx(distance)
    (found,) = [
        finding
        for finding in GATE.check(read_radiograph(film_png(1)), None, features)
        if finding.name == "familiar"
    ]
    assert (found.passed, found.value, found.limit) == (passed, pytest.approx(distance), 4.0)


def test_without_a_cloud_there_is_no_distance(film_png):
    names = [f.name for f in Gate().check(read_radiograph(film_png(1)), None, np.zeros(2))]
    assert "familiar" not in names
    with pytest.raises(ValueError, match="no gate"):
        Gate().distance(np.zeros(2))
