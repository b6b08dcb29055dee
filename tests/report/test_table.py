"""The CSV: fixed columns, safe in a spreadsheet, in the order of the films."""

import csv
import io

import pytest

from covidweb.report import results_csv
from covidweb.report.table import COLUMNS
from covidweb.screening.result import ZONES


def _rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_columns_are_fixed(make_item):
    assert results_csv([]) == ",".join(COLUMNS) + "\r\n"
    assert tuple(_rows(results_csv([make_item()]))[0]) == COLUMNS


def test_values_are_those_of_the_result(make_item):
    row = _rows(results_csv([make_item("a.png", interval=(0.7, 0.9))]))[0]
    assert (row["file"], row["status"], row["verdict"]) == ("a.png", "ok", "covid")
    assert float(row["probability"]) == 0.8312
    assert (float(row["probability_low"]), float(row["probability_high"])) == (0.7, 0.9)
    assert [float(row[zone]) for zone in ZONES] == [0.1, 0.2, 0.4, 0.05, 0.1, 0.15]
    assert row["model_sha256"] == "ab" * 32


def test_a_film_without_an_answer_has_empty_figures(make_item):
    row = _rows(results_csv([make_item("x.png", "not_assessed", reason='Not, "a" film.')]))[0]
    assert row["reason"] == 'Not, "a" film.'
    empty = ("verdict", "probability", "probability_low", "lung_share", *ZONES)
    assert all(row[column] == "" for column in empty)


def test_order_is_that_of_the_films(make_item):
    names = ["c.png", "a.png", "b.png", "a.png"]
    assert [row["file"] for row in _rows(results_csv([make_item(n) for n in names]))] == names


@pytest.mark.parametrize("name", ["=1+1.png", "+1.png", "-1.png", "@a.png", " =1.png", "＝1.png"])
def test_no_name_is_run_as_a_formula(make_item, name):
    cell = _rows(results_csv([make_item(name)]))[0]["file"]
    assert cell == "'" + name.strip()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/jane/films/a.png", "a.png"),
        ("C:\\films\\a.png", "a.png"),
        ("a\nb,c.png", "ab,c.png"),
        ("films/", "film"),
        ("..", "film"),
    ],
)
def test_folders_and_line_breaks_stay_out(make_item, path, name):
    rows = _rows(results_csv([make_item(path)]))
    assert [row["file"] for row in rows] == [name]
