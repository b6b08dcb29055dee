from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from covidweb.radiograph import read_radiograph
from covidweb.screening.placement import AS_IT_LIES, Placement, lay, on_original, spread, within


@pytest.fixture
def radiograph(film_png):
    return read_radiograph(film_png(2, (240, 200)))


def _tilted(pixels, degrees, expand):
    """Tilt clockwise, as Pillow does it."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.rotate(-degrees, Image.Resampling.BILINEAR, expand=expand))


def test_a_film_that_is_not_moved_is_the_same_object(radiograph):
    assert lay(radiograph, AS_IT_LIES) is radiograph
    assert not AS_IT_LIES.moved and Placement(3.0).moved


def test_a_cut_keeps_the_box(radiograph):
    laid = lay(radiograph, Placement(box=(0.1, 0.25, 0.9, 1.0)))
    np.testing.assert_array_equal(laid.pixels, radiograph.pixels[60:240, 20:180])
    assert laid.original_size == radiograph.original_size


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("degrees", [-20, 10, 28])
def test_a_tilt_is_taken_out(radiograph, degrees, expand):
    tilted = replace(radiograph, pixels=_tilted(radiograph.pixels, degrees, expand))
    laid = lay(tilted, Placement(degrees)).pixels
    height, width = laid.shape
    middle = laid[height // 2 - 60 : height // 2 + 60, width // 2 - 50 : width // 2 + 50]
    upright = radiograph.pixels[60:180, 50:150]
    assert np.abs(middle - upright).mean() < 0.025
    assert np.corrcoef(middle.ravel(), upright.ravel())[0, 1] > 0.97


def test_the_whole_film_stays_in_view(radiograph):
    white = replace(radiograph, pixels=np.ones_like(radiograph.pixels))
    laid = lay(white, Placement(20.0)).pixels
    assert laid.sum() == pytest.approx(white.pixels.sum(), rel=0.01)
    assert laid[0, 0] == 0 and laid.min() >= 0 and laid.max() <= 1


def test_turning_keeps_fine_detail(radiograph):
    x = np.arange(200)
    stripes = np.broadcast_to(0.5 + 0.4 * np.cos(2 * np.pi * x / 4), (240, 200)).astype(np.float32)
    laid = lay(replace(radiograph, pixels=stripes), Placement(20.0)).pixels
    height, width = laid.shape
    middle = laid[height // 2 - 50 : height // 2 + 50, width // 2 - 50 : width // 2 + 50]
    # Linear interpolation would leave 0.75 of it.
    assert middle.std() > 0.9 * stripes.std()


@pytest.mark.parametrize(
    "placement",
    [
        AS_IT_LIES,
        Placement(box=(0.2, 0.1, 0.95, 0.8)),
        Placement(12.0),
        Placement(-25.0, (0.1, 0.05, 0.9, 0.95)),
    ],
)
def test_a_mask_comes_back_to_where_it_lay(radiograph, placement):
    y, x = np.mgrid[0:240, 0:200]
    blob = (((x - 90) / 40) ** 2 + ((y - 110) / 60) ** 2 < 1).astype(np.float32)
    laid = lay(replace(radiograph, pixels=blob), placement).pixels
    square = np.asarray(Image.fromarray(laid).resize((192, 192), Image.Resampling.BILINEAR))
    back = on_original(square >= 0.5, placement, (200, 240))
    assert back.shape == (240, 200) and back.dtype == bool
    both = 2 * (back & (blob > 0.5)).sum() / (back.sum() + (blob > 0.5).sum())
    assert both > 0.98


def test_a_box_in_a_box():
    assert within((0.2, 0.1, 0.6, 0.9), (0.5, 0.0, 1.0, 0.5)) == pytest.approx((0.4, 0.1, 0.6, 0.5))


def test_zones_of_a_cut_film_come_onto_the_whole():
    zones = np.zeros((64, 64), np.uint8)
    zones[:32, 32:] = 3
    whole = spread(zones, (0.25, 0.5, 0.75, 1.0))
    expected = np.zeros((64, 64), np.uint8)
    expected[32:48, 32:48] = 3
    np.testing.assert_array_equal(whole, expected)
    assert spread(zones > 0, (0.0, 0.0, 1.0, 1.0)).dtype == bool
