"""The JSON record: what it holds, and what a comparison finds."""

import json
from dataclasses import replace

import pytest

from covidweb.report import compare_record, result_record


def _stored(item):
    return json.loads(json.dumps(result_record(item), allow_nan=False))


@pytest.mark.parametrize("status", ["ok", "uncertain", "not_assessed", "error"])
def test_a_record_agrees_with_its_own_result(make_item, status):
    item = make_item("folder/film.png", status, interval=(0.7, 0.9))
    record = _stored(item)
    assert record["file"] == "film.png" and record["status"] == status
    assert record["film_sha256"] == (None if status == "error" else "00" * 32)
    assert compare_record(record, item.result, record["film_sha256"]) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"probability": 0.8313}, "probability"),
        ({"probability": None}, "probability"),
        ({"verdict": "normal"}, "verdict"),
        ({"threshold": 0.5}, "threshold"),
        ({"lung_share": 0.7}, "lung_share"),
        ({"regions": {}}, "regions"),
    ],
)
def test_each_difference_is_named(make_item, changes, named):
    item = make_item()
    found = compare_record(_stored(item), replace(item.result, **changes))
    assert len(found) == 1 and found[0].startswith(f"{named}:")


def test_rounding_and_times_are_no_difference(make_item):
    item = make_item()
    new = replace(item.result, probability=0.8312 + 5e-6, elapsed_ms={"network": 99.0})
    assert compare_record(_stored(item), new) == []


def test_another_zone_share_is_a_difference(make_item):
    item = make_item()
    regions = {**item.result.regions, "left_lower": 0.16}
    assert compare_record(_stored(item), replace(item.result, regions=regions))


def test_another_film_is_told_first(make_item):
    item = make_item()
    found = compare_record(_stored(item), replace(item.result, threshold=0.5), "ff" * 32)
    assert len(found) == 2 and found[0].startswith("film_sha256")


def test_a_record_that_misses_a_field_differs(make_item):
    item = make_item()
    record = _stored(item)
    del record["lung_ratio"]
    assert [line.split(":")[0] for line in compare_record(record, item.result)] == ["lung_ratio"]
