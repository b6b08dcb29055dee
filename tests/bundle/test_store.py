import json
from dataclasses import replace

import numpy as np
import pytest

from covidweb import bundle
from covidweb.bundle import Card, InputSpec
from covidweb.bundle.card import Calibration, Data, GateLimit
from covidweb.errors import ModelError
from covidweb.files import file_sha256


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / bundle.WEIGHTS).write_bytes(b"weights")
    (folder / bundle.PREDICTIONS).write_text("image_id,score\na,0.5\n")
    bundle.seal(folder, Card(kind="seed", title="Tiny", input=InputSpec(8)))
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


GOOD = {"kind": "seed", "title": "T", "input": {"size": 8}, "weights": {"a.keras": "00"}}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "not JSON"),
        ("[]", "expected 'object', got 'array'"),
        ("{}", "required field 'kind'"),
        ('{"a":' * 200_000, "nested too deeply"),
        (json.dumps(GOOD | {"weights": {}}), "'weights' names no file"),
        (json.dumps(GOOD | {"weights": ["a.keras"]}), "field 'weights'"),
        (json.dumps(GOOD | {"kind": "forest"}), "field 'kind'"),
        (json.dumps(GOOD | {"input": {"size": "8"}}), "field 'input.size'"),
        (json.dumps(GOOD | {"input": {"crop": "lungs"}}), "field 'input', object missing"),
        (json.dumps(GOOD | {"threshold": 2}), "field 'threshold'"),
        (json.dumps(GOOD | {"calibration": {"temperature": 0}}), "calibration.temperature"),
        (json.dumps(GOOD | {"uncertain_band": [0.1]}), "field 'uncertain_band'"),
        (json.dumps(GOOD | {"gate": {"limit": 3.0}}), "field 'gate', object missing"),
        (json.dumps(GOOD | {"data": {"films": {"train": "many"}}}), "data.films"),
        (json.dumps(GOOD | {"version": 99}), "version 99"),
        (json.dumps(GOOD | {"title": None}), "field 'title'"),
    ],
)
def test_a_broken_card_is_one_sentence_that_names_the_field(root, text, named):
    (root / "tiny" / bundle.CARD).write_text(text)
    with pytest.raises(ModelError, match="'tiny'") as caught:
        bundle.read_bundle("tiny", root)
    assert named in str(caught.value)
    assert bundle.list_bundles(root, kinds=("seed", "classifier", "lungs")) == []


def test_a_sealed_card_reads_back_as_it_was_written(root):
    path = root / "tiny"
    card = replace(
        bundle.read_bundle("tiny", root).card,
        calibration=Calibration(temperature=1.25, bias=-0.5),
        gate=GateLimit(file=bundle.WEIGHTS, limit=3.5, rule="A rule."),
        uncertain_band=(0.25, 0.75),
        left_out_auc={"inside": 0.9, "a-b": 0.8},
        data=Data(films={"train": {"rsna normal": 3}, "test": 2}),
        limits=("One.", "Two."),
    )
    sealed = bundle.seal(path, card)
    assert bundle.read_bundle("tiny", root) == sealed
    assert sealed.card.files == {bundle.PREDICTIONS: file_sha256(path / bundle.PREDICTIONS)}


def test_a_broken_evaluation_names_the_field(root):
    (root / "tiny" / bundle.EVALUATION).write_text(
        json.dumps({"model": "t", "sha256": "0", "threshold": 0.5, "bootstrap": {"n": "many"}})
    )
    with pytest.raises(ModelError, match=r"field 'bootstrap\.n'"):
        bundle.read_bundle("tiny", root).evaluation()


def test_the_calibration_is_a_sigmoid_of_the_scaled_logit():
    found = Calibration(temperature=2.0, bias=-1.0).probability(np.array([1.0, 3.0, -2000.0]))
    assert found == pytest.approx([0.5, 1 / (1 + np.exp(-1)), 0.0])


def test_default_comes_first_and_kinds_select(root):
    other = root / "default"
    other.mkdir()
    (other / bundle.WEIGHTS).write_bytes(b"others")
    bundle.seal(other, Card(kind="classifier", title="Other", input=InputSpec(8)))
    (root / "broken").mkdir()
    (root / "broken" / bundle.CARD).write_text("{")
    assert bundle.list_bundles(root) == ["default", "broken", "tiny"]
    assert bundle.list_bundles(root, kinds=("seed",)) == ["tiny"]
