"""Views and body parts, as files state them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

sys.path.insert(0, str(Path(__file__).parent))

from dicoms import dicom

from covidweb.radiograph import read_radiograph
from covidweb.radiograph.views import FRONTAL, VIEWS, other_body_part, view_of


@pytest.mark.parametrize(
    ("stated", "view"),
    [
        ("PA", "PA"), ("AP", "AP"), ("ap ", "AP"), ("CHEST PA", "PA"), ("", None), ("?", None),
        ("LATERAL", "LATERAL"), ("LL", "LATERAL"), ("RL", "LATERAL"), ("LAT", "LATERAL"),
        ("XTABLE LATERAL", "LATERAL"), ("SWIMMERS", "LATERAL"), ("RAO", "OBLIQUE"),
        ("LPO", "OBLIQUE"), ("LLO", "OBLIQUE"), ("LLD", "DECUBITUS"), ("RLD", "DECUBITUS"),
        ("AP LLD", "DECUBITUS"), ("PA RLD", "DECUBITUS"), ("AP AXIAL", "AXIAL"),
        ("LORDOTIC", "AXIAL"), ("postero-anterior", "PA"), ("Antero-Posterior oblique", "OBLIQUE"),
    ],
)  # fmt: skip
def test_a_view_position_is_read_by_its_words(stated, view):
    assert view_of(stated) == view


@pytest.mark.parametrize(
    ("code", "view"),
    [
        (("R-10236", "left lateral"), "LATERAL"),
        (("399067008", "lateral"), "LATERAL"),
        (("R-102CD", ""), "LATERAL"),
        (("local", "Left Lateral Decubitus"), "DECUBITUS"),
        (("399348003", ""), "AP"),
        (("R-10214", "postero-anterior"), "PA"),
        (("399182000", ""), "OBLIQUE"),
        (("xyz", "erect"), None),
    ],
)
def test_a_view_code_counts_where_the_position_is_empty(code, view):
    assert view_of("", [code]) == view


def test_what_speaks_against_a_frontal_film_wins():
    assert view_of("PA", [("R-10236", "")]) == "LATERAL"
    assert view_of("AP", (), (), "HFDR") == "DECUBITUS"
    assert view_of("PA", (), ("A", "F")) == "LATERAL"
    assert view_of("", (), ("P", "F")) == "LATERAL"
    assert view_of("", (), ("L", "F")) is None


def test_the_frontal_views_are_among_the_views():
    assert set(FRONTAL) < set(VIEWS)


@pytest.mark.parametrize(
    ("stated", "part"),
    [
        (["HAND"], "HAND"), (["Knee"], "KNEE"), (["LSPINE"], "LSPINE"), (["L SPINE"], "SPINE"),
        (["FEET", "FOOT"], "FOOT"), (["HANDS"], "HAND"), (["CHEST"], None), (["THORAX"], None),
        (["CHESTABDOMEN"], None), (["RIBS"], None), ([""], None), (["PORT CHEST"], None),
        (["WHOLEBODY"], None), (["", "Hand"], "HAND"), (["LUNG"], None), (["BODY"], None),
    ],
)  # fmt: skip
def test_a_body_part_that_is_not_the_chest_is_known(stated, part):
    assert other_body_part(stated) == part


def _code(value, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SRT", meaning
    return item


FILES = {
    "view code": (
        {"ViewPosition": "", "ViewCodeSequence": [_code("R-10236", "")]},
        "LATERAL",
        None,
    ),
    "orientation": ({"PatientOrientation": ["A", "F"]}, "LATERAL", None),
    "on a side": ({"PatientPosition": "HFDL"}, "DECUBITUS", None),
    "decubitus": ({"ViewPosition": "LLD"}, "DECUBITUS", None),
    "hand": ({"BodyPartExamined": "HAND"}, None, "HAND"),
    "region": ({"AnatomicRegionSequence": [_code("T-D8700", "Hand")]}, None, "HAND"),
    "chest": ({"BodyPartExamined": "CHEST", "ViewPosition": "PA"}, "PA", None),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_tells_its_view_and_its_part(name, film):
    elements, view, part = FILES[name]
    samples = np.round(film(1) * 255).astype(np.uint8)
    read = read_radiograph(dicom(samples, **elements))
    assert (read.view, read.body_part) == (view, part)


def test_a_modified_view_counts(film):
    view = _code("R-10206", "antero-posterior")
    view.ViewModifierCodeSequence = [_code("G-5208", "left lateral decubitus")]
    samples = np.round(film(1) * 255).astype(np.uint8)
    assert read_radiograph(dicom(samples, ViewCodeSequence=[view])).view == "DECUBITUS"
