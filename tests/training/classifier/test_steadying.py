"""Films read otherwise are the same films; a network learns to answer as for the film itself."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pandas as pd
import pytest
from conftest import draw_film

from covidweb.training.classifier.batches import batches, drawing_process
from covidweb.training.classifier.fit import Recipe, dense, start
from covidweb.training.classifier.lessons import Mix, Plan, make_lessons
from covidweb.training.classifier.pool import Pool
from covidweb.training.classifier.readings import Changes, Reader
from covidweb.training.classifier.steadying import Steadying, ask, steadied
from covidweb.training.classifier.strength import Strength

SIZE, CROP, FILMS = 64, 80, 6
STILL = Strength(turn=0, zoom=0, shift=0, mirror=0)
MIX = Mix((Plan(4, ("train_pool",), "rsna", "normal"), Plan(4, ("train_pool",), "bimcv", "covid")))
RECIPE = Recipe(size=SIZE, width=4, stage=3, pretrained=False, frozen=0, mix=MIX)
PLAN = Steadying(epochs=2, batches=8, rate=2e-4, average=0.0)


@pytest.fixture(scope="module")
def pool() -> Pool:
    rows = pd.DataFrame({"set": "train_pool", "split": "train", "view": ""}, index=range(FILMS))
    rows = rows.assign(source=["rsna", "bimcv"] * 3, label=["normal", "covid"] * 3)
    # Broad enough that a turn there and back, which blurs, leaves the film as it was.
    films = np.stack([cv2.GaussianBlur(draw_film(i, (CROP, CROP)), (0, 0), 2) for i in rows.index])
    crops = np.stack([films * 255, (films < 0.38) * 255], -1).astype(np.uint8)
    frames = np.tile(np.array([0.1, 0.1, 0.9, 0.9], np.float32), (FILMS, 1))
    inputs = crops[:, 8:72, 8:72].copy()
    return Pool(rows, crops, frames, inputs, np.ones(FILMS, bool), np.zeros((0, 5), np.float32))


def reader(pool: Pool, changes: Changes, seed: int = 0) -> Reader:
    return Reader(pool, tuple(make_lessons(pool, "train", MIX)), seed, changes)


def teacher() -> keras.Model:
    """Return a network from scratch whose answers differ from film to film."""
    keras.utils.set_random_seed(3)
    model = start(RECIPE)
    widen, read = model.get_layer("widen"), model.get_layer("covid_reading")
    widen.set_weights([2000 * widen.get_weights()[0]])
    read.set_weights([30 * weights for weights in read.get_weights()])
    return dense(model, RECIPE)


def test_a_film_that_nothing_befalls_is_read_as_it_is_or_mirrored(pool: Pool) -> None:
    rows, films, mirrored = reader(pool, Changes(none=1.0)).draw(0, 0)
    assert films.dtype == np.float32 and films.shape == (8, SIZE, SIZE, 2)
    assert set(pool.rows["label"].iloc[rows[:4]]) == {"normal"} and 0 < mirrored.sum() < 8
    for row, film, other in zip(rows, films, mirrored, strict=True):
        np.testing.assert_allclose(film[:, ::-1] if other else film, pool.inputs[row] / 255.0)


@pytest.mark.parametrize("coarse", [0.0, 1.0])
@pytest.mark.parametrize("mirror", [0.0, 1.0])
def test_a_tilted_film_is_turned_back(pool: Pool, mirror: float, coarse: float) -> None:
    how = replace(STILL, mirror=mirror)
    changes = Changes(none=0, turned=1, tilt=30, coarse=coarse, restyled=0, how=how)
    rng = np.random.default_rng(0)
    for row in range(FILMS):
        film, mirrored = reader(pool, changes).film(row, rng)
        assert mirrored == bool(mirror)
        found, known = film[:, ::-1] if mirrored else film, pool.inputs[row] / 255.0
        # Turned the wrong way or only one way they differ by 0.04 to 0.2; mirrored, a film lies
        # one pixel further.
        assert 0.0005 < np.abs(found - known)[8:-8, 8:-8, 0].mean() < 0.03


def test_a_coarse_film_loses_more_of_its_detail_when_it_is_turned(pool: Pool) -> None:
    lost = {}
    for coarse in (0.0, 1.0):
        changes = Changes(none=0, turned=1, coarse=coarse, restyled=0, how=STILL)
        read, rng = reader(pool, changes), np.random.default_rng(1)
        found = [
            np.abs(read.film(row, rng)[0] - pool.inputs[row] / 255.0)[8:-8, 8:-8, 0].mean()
            for row in np.repeat(range(FILMS), 4)
        ]
        lost[coarse] = np.mean(found)
    assert lost[1.0] > 1.2 * lost[0.0]


def test_what_befalls_films_leaves_them_the_same_films(pool: Pool) -> None:
    read = reader(pool, Changes())
    agreement = []
    for number in range(4):
        for row, film, mirrored in zip(*read.draw(0, number), strict=True):
            plain = pool.inputs[row][:, ::-1] if mirrored else pool.inputs[row]
            agreement.append(np.corrcoef(plain[..., 0].ravel(), film[..., 0].ravel())[0, 1])
    assert min(agreement) > 0.8 and np.mean(np.array(agreement) < 0.999) > 0.5


def test_batches_are_the_same_for_a_seed_whoever_draws(pool: Pool) -> None:
    read = reader(pool, Changes())
    here = list(batches(read, 1, 2, None))
    with drawing_process(read) as process:
        there = list(batches(read, 1, 2, process))
    for one, two in zip(here, there, strict=True):
        for own, other in zip(one, two, strict=True):
            np.testing.assert_array_equal(own, other)
    assert np.abs(here[0][1] - here[1][1]).max() > 0
    assert np.abs(here[0][1] - reader(pool, Changes(), seed=1).draw(1, 0)[1]).max() > 0


def test_the_teacher_answers_for_a_film_and_its_mirror_image(pool: Pool) -> None:
    model = teacher()
    taught = ask(model, pool, np.array([1, 4]))
    logit = keras.Model(model.input, model.get_layer("covid_logit").output)
    films = pool.standard(np.array([4]))
    own, other = (logit.predict_on_batch(f)[0, 0] for f in (films, films[:, :, ::-1]))
    assert own != pytest.approx(other, abs=1e-4)
    assert taught.said["covid_logit"][taught.at[4], 0] == pytest.approx((own + other) / 2, abs=1e-4)
    rows = np.array([4, 4])
    targets = taught.targets(rows, np.array([False, True]))
    np.testing.assert_array_equal(targets["place"][0], targets["place"][1][:, ::-1])
    assert np.abs(targets["place"][0] - targets["place"][1]).max() > 0
    np.testing.assert_allclose(targets["probability"], 1 / (1 + np.exp(-(own + other) / 2)), 1e-4)


def test_a_network_is_made_steady_and_a_killed_run_goes_on(pool: Pool, tmp_path: Path) -> None:
    model, folder, killed = teacher(), tmp_path / "whole", tmp_path / "killed"
    before = model.get_weights()

    def keep(line: str) -> None:
        # What a kill after the first epoch leaves behind.
        if line.startswith("epoch 1:"):
            shutil.copytree(folder, killed)

    found = steadied(model, pool, RECIPE, PLAN, folder, 0, log=keep, beside=False)
    said: list[str] = []
    again = steadied(model, pool, RECIPE, PLAN, killed, 0, log=said.append, beside=False)
    assert len(said) == 1 and said[0].startswith("epoch 2:")
    other = dense(model, RECIPE)
    other.get_layer("widen").set_weights([1.01 * other.get_layer("widen").get_weights()[0]])
    with pytest.raises(_Begun):
        steadied(other, pool, RECIPE, PLAN, killed, 0, log=_stop, beside=False)
    for one, two in zip(found.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
    for one, two in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)
    for name in ("covid_reading", "opacity_logit"):
        kept, own = found.get_layer(name).get_weights(), model.get_layer(name).get_weights()
        np.testing.assert_array_equal(kept[0], own[0])
    history = pd.read_csv(folder / "history.csv")
    assert history["epoch"].tolist() == [1, 2] and history["covid_loss"].gt(0).all()
    unsteady, steady = (_moved(one, model, pool) for one in (model, found))
    assert steady < 0.7 * unsteady


class _Begun(Exception):
    """A run was begun anew."""


def _stop(line: str) -> None:
    assert line.startswith("epoch 1:")
    raise _Begun


def _moved(model: keras.Model, taught_by: keras.Model, pool: Pool) -> float:
    """Return how far the logits of films read otherwise lie from what the teacher says of them."""
    taught = ask(taught_by, pool, np.arange(FILMS)).said["covid_logit"][:, 0]
    logit = keras.Model(model.input, model.get_layer("covid_logit").output)
    drawn = [reader(pool, Changes(), seed=9).draw(0, number) for number in range(4)]
    return float(
        np.mean([np.square(logit.predict_on_batch(f)[:, 0] - taught[rows]) for rows, f, _ in drawn])
    )
