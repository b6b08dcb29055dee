from dataclasses import replace

import cv2
import numpy as np
import pytest

from covidweb.networks.standard import InputSpec, standard_input
from covidweb.networks.view import AS_IT_IS, View
from covidweb.radiograph import read_radiograph
from covidweb.screening.again import VIEWS

SPEC = InputSpec(size=96, crop="lungs", margin=0.1, mask_channel=True)
CELLS = 12
WIDTH, HEIGHT = 360, 240


@pytest.fixture
def film(film_png):
    """A dark film, wider than it is high, with two bright discs in what is cut out of it."""
    pixels = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(pixels, (140, 90), 14, 1.0, -1)
    cv2.circle(pixels, (210, 160), 9, 0.6, -1)
    return replace(read_radiograph(film_png(1, (HEIGHT, WIDTH))), pixels=pixels)


@pytest.fixture
def mask():
    mask = np.zeros((100, 100), bool)
    mask[22:80, 30:70] = True
    return mask


def cells(found):
    """What each cell shows, as its share of the lungs."""
    grey, lungs = found.array[..., 0], found.array[..., 1]
    return cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA) / lungs.mean()


@pytest.mark.parametrize("view", [*VIEWS, View(degrees=12.0), View(degrees=-12.0, mirrored=True)])
def test_a_map_comes_back_to_where_its_cells_lie(film, mask, view):
    plain, other = (standard_input(film, SPEC, mask, one) for one in (AS_IT_IS, view))
    here, there = cells(plain), view.back(cells(other), plain.box, (WIDTH, HEIGHT))
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.95
    assert there.sum() == pytest.approx(here.sum(), rel=0.03)
    assert np.abs(middle(there) - middle(here)).max() < 0.15


@pytest.mark.parametrize("view", VIEWS)
def test_it_would_not_come_back_by_itself(film, mask, view):
    """So the test above can fail: every view moves the discs."""
    plain, other = (standard_input(film, SPEC, mask, one) for one in (AS_IT_IS, view))
    here, there = cells(plain), cells(other)
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] < 0.99


def test_film_and_mask_are_turned_alike(film, mask):
    """The mask is stretched to a square over a film that is none, and must lie on it as before."""
    lungs = cv2.resize(mask.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    found = standard_input(replace(film, pixels=lungs), SPEC, mask, View(degrees=15.0)).array
    assert np.abs(found[..., 0] - found[..., 1]).mean() < 0.03
    straight = standard_input(film, SPEC, mask).array[..., 1]
    assert np.abs(straight - found[..., 1]).mean() > 0.06


def test_a_turned_disc_lies_where_it_should(film, mask):
    """Counter-clockwise about the cut-out's middle, in the film's own proportions."""
    pixels = np.zeros((HEIGHT, WIDTH), np.float32)
    box = standard_input(film, SPEC, mask).box
    x, y = (box[0] + box[2]) / 2 * WIDTH, (box[1] + box[3]) / 2 * HEIGHT
    # Below the middle; 15 degrees counter-clockwise bring it to the right by a quarter of that.
    cv2.circle(pixels, (round(x), round(y + 50)), 4, 1.0, -1)
    turned = View(degrees=15.0).cut(pixels, box, (WIDTH, HEIGHT), 240)
    rows, columns = np.indices(turned.shape)
    at = (np.array([(turned * columns).sum(), (turned * rows).sum()]) / turned.sum() + 0.5) / 240
    there = at * [(box[2] - box[0]) * WIDTH, (box[3] - box[1]) * HEIGHT]
    there += [box[0] * WIDTH - x, box[1] * HEIGHT - y]
    assert there == pytest.approx([50 * np.sin(np.pi / 12), 50 * np.cos(np.pi / 12)], abs=0.5)


def test_the_plain_view_is_the_standard_input(film, mask):
    plain = standard_input(film, SPEC, mask)
    assert (standard_input(film, SPEC, mask, AS_IT_IS).array == plain.array).all()
    grid = np.random.default_rng(0).random((CELLS, CELLS), np.float32)
    assert AS_IT_IS.back(grid, plain.box, (WIDTH, HEIGHT)) == pytest.approx(grid, abs=1e-5)
    mirrored = standard_input(film, SPEC, mask, View(mirrored=True))
    assert (mirrored.array == plain.array[:, ::-1]).all()
    assert View(mirrored=True).back(grid[:, ::-1], plain.box, (WIDTH, HEIGHT)) == pytest.approx(
        grid, abs=1e-5
    )


def test_a_cut_out_stays_on_the_film():
    assert View(scale=1.5).scaled((0.1, 0.0, 0.9, 1.0)) == pytest.approx((0.0, 0.0, 1.0, 1.0))
    assert View(scale=0.5).scaled((0.2, 0.2, 0.6, 1.0)) == pytest.approx((0.3, 0.4, 0.5, 0.8))


def middle(grid):
    rows, columns = np.indices(grid.shape)
    return np.array([(grid * rows).sum(), (grid * columns).sum()]) / grid.sum()
