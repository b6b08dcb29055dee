"""Training the upright check on a made-up data root, and measuring it there."""

import shutil

import numpy as np
import pytest
from conftest import card_keys

from covidweb.bundle import model_root
from covidweb.bundle.model_card import markdown, model_card, read_results
from covidweb.exam.evaluate import evaluate_bundle
from covidweb.networks.upright import KINDS
from covidweb.radiograph import read_radiograph
from covidweb.screening.upright import Posture, UprightCheck
from covidweb.training.upright import train as training
from covidweb.training.upright.cutoffs import choose_cutoffs
from covidweb.training.upright.train import kind, mirrored, picture_loss, train_upright, turn


def _quiet(line):
    assert isinstance(line, str)


def test_a_bundle_is_trained_and_measured(small_data, tmp_path, monkeypatch, film_png):
    monkeypatch.setenv("COVIDWEB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(training, "CHECKED", 8)
    monkeypatch.setattr(training, "BATCH", 4)
    monkeypatch.setattr("covidweb.training.upright.films.SIMULATED", 2)
    root = tmp_path / "models"
    options = {"epochs": 2, "steps": 2, "size": 32, "width": 4}
    bundle = train_upright(small_data, root / "upright", command="train", log=_quiet, **options)
    assert bundle.kind == "upright" and bundle.warnings() == []
    assert set(bundle.card.cutoffs) == {"not_frontal", "mirrored"}
    assert bundle.card.data.learned["train_pool"] > 0
    history = bundle.history()
    assert list(history.columns) == list(training.COLUMNS)
    assert list(history["epoch"]) == [1, 2] and np.isfinite(history["val_loss"]).all()
    laid = UprightCheck.load(root).lay([read_radiograph(film_png(1))])
    assert len(laid) == 1 and laid[0].findings

    shutil.copytree(model_root() / "lungs", root / "lungs")
    bundle = evaluate_bundle("upright", small_data, root=root, log=_quiet)
    found = bundle.upright_evaluation()
    assert bundle.warnings() == [] and found.sha256 == bundle.sha256
    assert set(found.turned) >= {"upside_down", "quarter_clockwise", "mirrored"}
    assert set(found.several) >= {"side_by_side", "stacked", "four_up"}
    assert found.borders_and_tilt is None
    assert found.upright["all"].n == sum(e.n for name, e in found.upright.items() if name != "all")
    away = found.turned["upside_down"]
    assert away.turned_away["value"] == pytest.approx(sum(away.reasons.values()) / away.n, abs=1e-6)

    assert card_keys(bundle.path) == card_keys(model_root() / "upright")

    text = markdown(model_card(bundle.card, read_results(bundle)))
    assert f"| Turned: upside down | {away.n} |" in text and "Upright: all" in text


def test_cutoffs_keep_their_shares():
    def posture(i):
        kinds = dict.fromkeys(KINDS, 0.0) | {"frontal": 1 - i / 1000}
        return Posture(kinds, 0.0, -i / 100)

    found = choose_cutoffs(posture(i) for i in range(1000))
    assert sum(i / 1000 > found["not_frontal"] for i in range(1000)) == 4
    mirror_images = [i / 100 for i in range(1000)]
    assert 49 <= sum(logit <= found["mirrored"] for logit in mirror_images) <= 51
    unsure = choose_cutoffs([Posture({"frontal": 1.0}, 0.0, 9.0)])
    assert unsure == {"not_frontal": 0.5, "mirrored": 0.0}


def _answers(number, degrees, side):
    kinds = 9.0 * np.eye(len(KINDS))[number]
    angle = np.deg2rad(degrees)
    return np.array([[*kinds, np.cos(angle), np.sin(angle), side]], np.float32)


def _target(number, degrees, mirrored, counts):
    angle = np.deg2rad(degrees)
    row = (number, np.cos(angle), np.sin(angle), mirrored, counts, counts)
    return np.array([row], np.float32)


def test_the_loss_is_least_for_the_right_answer():
    target = _target(0, 15, 1, 1)
    right = float(picture_loss(target, _answers(0, 15, 6.0))[0])
    for wrong in (_answers(2, 15, 6.0), _answers(0, -15, 6.0), _answers(0, 15, -6.0)):
        assert float(picture_loss(target, wrong)[0]) > right + 0.5
    assert right < 0.05


def test_angle_and_side_do_not_count_unless_frontal():
    target = _target(2, 0, 0, 0)
    one, other = _answers(2, 0, -5.0), _answers(2, 120, 5.0)
    assert float(picture_loss(target, one)[0]) == pytest.approx(
        float(picture_loss(target, other)[0]), abs=1e-5
    )


def test_metrics_count_what_was_told():
    target = _target(0, 10, 0, 1)
    assert float(kind(target, _answers(0, 0, 0))[0]) == 1
    assert float(turn(target, _answers(0, 25, 0))) == 1
    assert float(turn(target, _answers(0, 40, 0))) == 0
    assert float(mirrored(target, _answers(0, 0, -1))) == 1
