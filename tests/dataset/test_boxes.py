"""Radiologists' boxes: read whole, or refused with the line."""

from pathlib import Path

import numpy as np
import pytest

from covidweb.dataset.boxes import in_boxes, read_boxes
from covidweb.errors import DataError

HEAD = "image_id,left,top,right,bottom\n"


def write(root: Path, rows: str) -> Path:
    (root / "boxes.csv").write_text(HEAD + rows)
    return root


def test_boxes_are_read_in_their_order(tmp_path: Path) -> None:
    table = read_boxes(write(tmp_path, "a,0.1,0.2,0.5,0.75\na,0.6,0.2,0.9,0.4\n007,0,0,1,1\n"))
    assert list(table["image_id"]) == ["a", "a", "007"]
    assert table.iloc[0, 1:].tolist() == [0.1, 0.2, 0.5, 0.75]


def test_a_data_root_without_boxes_has_none(tmp_path: Path) -> None:
    assert read_boxes(tmp_path).empty


@pytest.mark.parametrize("row", ["a,0.5,0.2,0.1,0.7", "a,0.1,0.2,1.5,0.7", "a,0.1,,0.5,0.7"])
def test_a_box_that_is_none_is_named(tmp_path: Path, row: str) -> None:
    with pytest.raises(DataError, match="line 3 and 0 more"):
        read_boxes(write(tmp_path, f"a,0,0,1,1\n{row}\n"))


@pytest.mark.parametrize("text", ["image_id,left\na,1\n", HEAD + "a,x,0,1,1\n"])
def test_another_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "boxes.csv").write_text(text)
    with pytest.raises(DataError, match="needs image_id, left, top, right, bottom"):
        read_boxes(tmp_path)


def test_pixels_inside_boxes_are_told_and_a_thin_box_has_one() -> None:
    boxes = np.array([[0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.01, 0.01]])
    expected = np.zeros((4, 8), bool)
    expected[2:, 2:6] = expected[0, 0] = True
    np.testing.assert_array_equal(in_boxes(boxes, (4, 8)), expected)
    assert not in_boxes(np.zeros((0, 4)), (4, 8)).any()
