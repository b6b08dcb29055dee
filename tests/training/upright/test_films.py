import numpy as np
import pytest

from covidweb.training.upright.films import (
    FRONTAL_SETS,
    SIDE,
    learned_rows,
    read_shelf,
    validation_rows,
    with_split,
)


@pytest.fixture
def films(small_data):
    return with_split(small_data)


def test_only_train_films_and_half_of_the_other_pictures_are_learned(films):
    learned = films[learned_rows(films)]
    chests = learned[learned["set"] != "not_cxr"]
    assert set(chests["split"]) == {"train"} and set(chests["set"]) <= set(FRONTAL_SETS)
    assert not learned["set"].str.startswith(("external_", "stress_")).any()
    others = films[films["set"] == "not_cxr"]
    assert 0 < learned["set"].eq("not_cxr").sum() < len(others)


def test_cutoffs_are_chosen_on_other_films(films):
    assert not (learned_rows(films) & validation_rows(films)).any()
    assert set(films[validation_rows(films)]["split"]) == {"validation"}


def test_the_shelf_is_read_once(small_data, films, tmp_path, monkeypatch):
    rows = films[learned_rows(films)]
    shelf = read_shelf(small_data, rows, tmp_path)
    assert len(shelf.frontal) == (rows["set"] != "not_cxr").sum()
    assert len(shelf.other) == (rows["set"] == "not_cxr").sum() and shelf.lateral == ()
    assert all(max(film.shape) == SIDE and film.dtype == np.uint8 for film in shelf.frontal)
    monkeypatch.setattr("covidweb.training.upright.films.read_films", None)
    again = read_shelf(small_data, rows, tmp_path)
    for one, other in zip(shelf.frontal, again.frontal, strict=True):
        np.testing.assert_array_equal(one, other)
