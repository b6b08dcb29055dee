import numpy as np
import pytest

from covidweb.networks.standard import (
    READ_SIDE,
    WHOLE_FILM,
    InputSpec,
    lung_box,
    reading_copy,
    resize_box,
    standard_input,
)
from covidweb.radiograph import Radiograph, read_radiograph


@pytest.fixture
def radiograph(film_png):
    return read_radiograph(film_png(1, (200, 300)))


def mask_of(rows, columns, side=100):
    mask = np.zeros((side, side), bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


def test_the_whole_film_is_stretched_to_the_square(radiograph):
    found = standard_input(radiograph, InputSpec(size=48))
    assert found.array.shape == (48, 48, 1)
    assert found.array.dtype == np.float32
    assert found.box == (0, 0, 1, 1)
    assert not found.cropped
    assert found.array.mean() == pytest.approx(radiograph.pixels.mean(), abs=0.01)


def test_the_crop_follows_the_lungs_with_a_margin(radiograph):
    spec = InputSpec(size=32, crop="lungs", margin=0.1, mask_channel=True)
    found = standard_input(radiograph, spec, mask_of((20, 80), (30, 70)))
    assert found.cropped
    assert found.box == pytest.approx((0.26, 0.14, 0.74, 0.86))
    assert found.array.shape == (32, 32, 2)
    assert found.array[16, 16, 1] == 1
    assert found.array[0, 0, 1] == 0


def test_without_lungs_the_film_is_whole_and_the_mask_all_ones(radiograph):
    spec = InputSpec(size=32, crop="lungs", mask_channel=True)
    for mask in (None, np.zeros((100, 100), bool)):
        found = standard_input(radiograph, spec, mask)
        assert not found.cropped
        assert found.box == (0, 0, 1, 1)
        assert found.array[..., 1].min() == 1


def test_the_box_stays_on_the_film():
    assert lung_box(mask_of((0, 100), (0, 100)), 0.2) == (0, 0, 1, 1)


@pytest.mark.parametrize(("height", "width"), [(640, 800), (2000, 1400), (3400, 3280)])
def test_a_large_film_is_read_at_one_resolution(height, width):
    ramp = np.linspace(0, 1, width, dtype=np.float32)
    film = Radiograph(np.tile(ramp, (height, 1)), (width, height), "", "PNG", view="PA")
    small = reading_copy(film)
    assert min(small.pixels.shape) == READ_SIDE and small.pixels.dtype == np.float32
    assert small.pixels.shape[1] / small.pixels.shape[0] == pytest.approx(width / height, rel=0.01)
    assert (small.original_size, small.view) == (film.original_size, "PA")
    wanted = resize_box(film.pixels, WHOLE_FILM, 64)
    assert resize_box(small.pixels, WHOLE_FILM, 64) == pytest.approx(wanted, abs=0.01)
    assert reading_copy(small) is small


def test_fine_texture_is_averaged_and_not_skipped():
    stripes = np.tile(np.array([0, 1], np.float32), (1024, 512))
    small = reading_copy(Radiograph(stripes, (1024, 1024), "", "PNG"))
    assert small.pixels == pytest.approx(0.5, abs=0.05)


def test_a_film_that_would_only_be_blurred_stays_as_it_is(radiograph):
    assert reading_copy(radiograph) is radiograph
