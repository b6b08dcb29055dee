import json

import pytest

from covidweb import bundle
from covidweb.errors import ModelError
from covidweb.files import file_sha256


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / bundle.WEIGHTS).write_bytes(b"weights")
    (folder / bundle.PREDICTIONS).write_text("image_id,score\na,0.5\n")
    bundle.seal(folder, {"kind": "seed", "title": "Tiny", "input": {"size": 8}})
    return tmp_path


def test_a_sealed_bundle_reads_back_with_its_hash(root):
    found = bundle.read_bundle("tiny", root)
    assert found.kind == "seed"
    assert found.sha256 == file_sha256(found.weights())
    assert found.predictions()["score"].tolist() == [0.5]
    assert found.warnings() == []


def test_changed_weights_are_refused(root):
    (root / "tiny" / bundle.WEIGHTS).write_bytes(b"other")
    with pytest.raises(ModelError, match="do not match its card"):
        bundle.read_bundle("tiny", root).weights()


def test_a_changed_result_file_is_shown_with_a_warning(root):
    (root / "tiny" / bundle.PREDICTIONS).write_text("image_id,score\na,0.9\n")
    found = bundle.read_bundle("tiny", root)
    assert "no longer matches" in found.warnings()[0]
    assert found.predictions()["score"].tolist() == [0.9]


def test_a_missing_result_file_is_named(root):
    (root / "tiny" / bundle.PREDICTIONS).unlink()
    found = bundle.read_bundle("tiny", root)
    assert "predictions.csv" in found.warnings()[0]
    with pytest.raises(ModelError, match=r"predictions\.csv"):
        found.predictions()


def test_an_unknown_bundle_names_those_there_are(root):
    with pytest.raises(ModelError, match="Available: tiny"):
        bundle.read_bundle("../tiny", root)


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({"name": "tiny", "weights": {}})])
def test_a_broken_card_is_a_sentence(root, text):
    (root / "tiny" / bundle.CARD).write_text(text)
    with pytest.raises(ModelError, match="tiny"):
        bundle.read_bundle("tiny", root)


def test_default_comes_first_and_kinds_select(root):
    other = root / "default"
    other.mkdir()
    (other / bundle.CARD).write_text(json.dumps({"kind": "classifier"}))
    (root / "broken").mkdir()
    (root / "broken" / bundle.CARD).write_text("{")
    assert bundle.list_bundles(root) == ["default", "broken", "tiny"]
    assert bundle.list_bundles(root, kinds=("seed",)) == ["tiny"]
