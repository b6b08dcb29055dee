import numpy as np
import pytest

from covidweb.networks.upright import KINDS
from covidweb.training.upright.films import Shelf
from covidweb.training.upright.pictures import SHARES, Picture, composed, draw_picture, turned


@pytest.fixture
def shelf(film):
    films = tuple((film(i, (96, 80 + 4 * i)) * 255).astype(np.uint8) for i in range(4))
    return Shelf(films, films[:1], films[1:2])


def test_a_quarter_turn_is_a_quarter_turn(film):
    square = (film(1, (64, 64)) * 255).astype(np.uint8)
    for degrees, turns in ((90, -1), (180, 2), (270, 1)):
        found = turned(square, 64, degrees, False).astype(int)
        assert np.abs(found - np.rot90(square, turns).astype(int)).mean() < 2
    mirrored = turned(square, 64, 0, True).astype(int)
    assert np.abs(mirrored - square[:, ::-1].astype(int)).mean() < 2


def test_mirroring_comes_before_turning(film):
    square = (film(1, (64, 64)) * 255).astype(np.uint8)
    found = turned(square, 64, 90, True).astype(int)
    assert np.abs(found - np.rot90(square[:, ::-1], -1).astype(int)).mean() < 2


def test_a_turned_film_is_whole_and_centred(film):
    white = np.full((60, 40), 255, np.uint8)
    found = turned(white, 100, 45, False)
    assert found[50, 50] == 255 and found[0, 0] == 0
    rows, columns = np.nonzero(found > 127)
    assert rows.mean() == pytest.approx(49.5, abs=1) and columns.mean() == pytest.approx(
        49.5, abs=1
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_drawn(shelf, kind):
    rng = np.random.default_rng(3)
    for _ in range(12):
        picture = draw_picture(shelf, 48, rng, kind)
        assert picture.kind == kind
        assert picture.grey.shape == (48, 48) and picture.grey.dtype == np.float32
        assert picture.grey.min() >= 0 and picture.grey.max() <= 1


def test_kinds_come_at_their_shares_and_none_without_films(shelf):
    rng = np.random.default_rng(0)
    kinds = [draw_picture(shelf, 32, rng).kind for _ in range(400)]
    assert kinds.count("frontal") / 400 == pytest.approx(SHARES["frontal"], abs=0.1)
    bare = Shelf(shelf.frontal, (), ())
    assert "lateral" not in {draw_picture(bare, 32, rng).kind for _ in range(100)}


def test_the_same_seed_draws_the_same_picture(shelf):
    one, two = (draw_picture(shelf, 48, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.grey, two.grey)


def test_the_side_is_only_asked_of_frontal_films_near_upright():
    grey = np.zeros((8, 8), np.float32)
    near = Picture(grey, "frontal", 10.0, True).target()
    assert near[3:].tolist() == [1, 1, 1]
    assert near[1] == pytest.approx(np.cos(np.deg2rad(10)))
    assert Picture(grey, "frontal", 180.0, True).target()[4:].tolist() == [1, 0]
    assert Picture(grey, "part").target()[4:].tolist() == [0, 0]


def test_films_are_laid_out_in_rows():
    black, white = np.zeros((50, 40), np.uint8), np.full((50, 40), 255, np.uint8)
    page = composed([black, white, white, black], 2, 0.1, 128, side=100)
    assert page.shape == (210, 170)
    assert page[50, 40] == 0 and page[50, 130] == 255 and page[160, 40] == 255
    assert page[50, 85] == 128 and page[105, 40] == 128
