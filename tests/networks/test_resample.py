import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from covidweb.networks.resample import resized

SIDES = st.integers(1, 90)
PLACES = st.floats(0, 1)


def pillow(pixels, size, corners):
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, box=corners))


def made(height, width):
    return np.random.default_rng(height * 1000 + width).random((height, width), np.float32)


@settings(deadline=None)
@given(
    shape=st.tuples(SIDES, SIDES),
    size=st.tuples(SIDES, SIDES),
    box=st.tuples(PLACES, PLACES, PLACES, PLACES).filter(
        lambda box: abs(box[0] - box[2]) > 0.01 and abs(box[1] - box[3]) > 0.01
    ),
)
def test_any_box_is_what_pillow_gives(shape, size, box):
    (height, width), pixels = shape, made(*shape)
    (left, right), (top, bottom) = sorted(box[::2]), sorted(box[1::2])
    corners = (left * width, top * height, right * width, bottom * height)
    assert resized(pixels, size, corners) == pytest.approx(pillow(pixels, size, corners), abs=2e-6)


@pytest.mark.parametrize("side", [96, 224, 320])
@pytest.mark.parametrize("shape", [(224, 224), (1024, 800), (2500, 2048)])
def test_a_film_is_what_pillow_gives(shape, side):
    pixels = made(*shape)
    corners = (0.0, 0.1 * shape[0], 0.93 * shape[1], float(shape[0]))
    found = resized(pixels, (side, side), corners)
    assert found.dtype == np.float32
    assert found == pytest.approx(pillow(pixels, (side, side), corners), abs=1e-6)


def test_a_part_of_a_larger_picture_will_do():
    pixels = made(60, 80)
    found = resized(pixels[10:50, 20:70], (30, 20), (0, 0, 50, 40))
    copied = np.ascontiguousarray(pixels[10:50, 20:70])
    assert found == pytest.approx(pillow(copied, (30, 20), (0, 0, 50, 40)), abs=1e-6)


def test_a_border_off_by_a_rounding_error_is_the_picture_s():
    pixels = made(6, 10)
    corners = (0.0, 0.0, 10 + 1e-9, 6.0)
    assert resized(pixels, (4, 4), corners) == pytest.approx(
        pillow(pixels, (4, 4), corners), abs=1e-6
    )


@pytest.mark.parametrize("corners", [(0, 0, 9, 5), (-1, 0, 8, 5), (3, 0, 3, 5), (0, 4, 8, 2)])
def test_a_box_beyond_the_picture_is_refused(corners):
    with pytest.raises(ValueError, match="must lie within 8 x 5 pixels"):
        resized(made(5, 8), (4, 4), corners)
