"""The film's figure: as tall as the film needs, with the patient's sides named."""

import pytest
from PIL import Image

from covidweb.views.screen.figure import HEIGHT, PHONE_HEIGHT, film_figure, fitting_height


@pytest.mark.parametrize(("phone", "most"), [(False, HEIGHT), (True, PHONE_HEIGHT)])
def test_the_figure_is_as_tall_as_the_film_needs(phone, most):
    wide, square, tall = (
        fitting_height(size, 1, phone) for size in ((800, 500), (600, 600), (500, 900))
    )
    assert most / 2 <= wide < square <= tall == most
    assert fitting_height((600, 600), 2, phone) <= square


def test_right_is_the_patients_right():
    figure = film_figure([("", Image.new("L", (40, 30)))])
    right = next(a for a in figure.layout.annotations if a.text == "R")
    left = next(a for a in figure.layout.annotations if a.text == "L")
    assert right.x < left.x
