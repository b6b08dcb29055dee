"""The ZIP of overlays: safe names, one picture a film, in agreement with its tables."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from covidweb.report import overlay, overlays_zip


def _open(items):
    return zipfile.ZipFile(io.BytesIO(overlays_zip(items)))


def _overlays(archive):
    return [name for name in archive.namelist() if name.startswith("overlays/")]


def test_it_holds_overlays_table_records_and_colour_bar(make_item):
    item = make_item()
    archive = _open([item])
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        "overlays/film.png",
        "colour_bar.png",
        "results.csv",
        "records.json",
    }
    drawn = Image.open(io.BytesIO(archive.read("overlays/film.png")))
    np.testing.assert_array_equal(drawn, overlay(item.radiograph, item.result))


def test_same_names_are_numbered(make_item):
    names = ["a.png", "b/a.png", "A.PNG", "a-2.png", "a.dcm"]
    archive = _open([make_item(name, seed=i) for i, name in enumerate(names)])
    found = _overlays(archive)
    assert found == [f"overlays/{n}.png" for n in ("a", "a-2", "A-3", "a-2-2", "a-4")]


def test_records_say_which_overlay_is_theirs(make_item):
    items = [make_item("a.png", seed=1), make_item("x.png", "error"), make_item("a.png", seed=2)]
    archive = _open(items)
    records = json.loads(archive.read("records.json"))
    assert [r["overlay"] for r in records] == ["overlays/a.png", None, "overlays/a-2.png"]
    assert [r["film_sha256"] for r in records] == ["01" * 32, None, "02" * 32]
    table = csv.DictReader(io.StringIO(archive.read("results.csv").decode()))
    assert [row["status"] for row in table] == [r["status"] for r in records]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/root/a.png",
        "C:\\a.png",
        "C:evil.png",
        "....png",
        "",
        "con.png",
        "a?b*c|d.png",
        "\x00\x1b[31m.png",
        "胸" * 200 + ".png",
    ],
)
def test_names_stay_inside_and_fit_every_file_system(make_item, name):
    (found,) = _overlays(_open([make_item(name)]))
    folder, base = found.split("/")
    assert folder == "overlays" and base.endswith(".png")
    assert ".." not in base and not set(base) & set('<>:"\\|?*\x00\x1b')
    assert 5 <= len(base.encode()) <= 255 and base != "con.png"


def test_nothing_at_all_is_still_a_zip(make_item):
    assert set(_open([]).namelist()) == {"results.csv", "records.json"}


def test_each_item_is_asked_for_once(make_item):
    asked = []

    class Lazy(list):
        def __iter__(self):
            for number in range(3):
                asked.append(number)
                yield make_item(seed=number)

    overlays_zip(Lazy([0, 0, 0]))
    assert asked == [0, 1, 2]
