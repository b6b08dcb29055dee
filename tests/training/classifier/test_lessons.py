"""Batches: the same for the same seed, within sources, with opacities whose place is known."""

import shutil

import numpy as np
import pandas as pd
import pytest
from conftest import draw_film

from covidweb.training.classifier.augment import Strength, placed, restyled, with_opacity
from covidweb.training.classifier.fit import Recipe, fit
from covidweb.training.classifier.lessons import Lessons, Mix, make_lessons
from covidweb.training.classifier.pool import Pool

SIZE, CROP = 112, 134
KINDS = (
    ("train_pool", "bimcv", "covid"),
    ("train_pool", "cxnet", "covid"),
    ("train_pool", "rsna", "normal"),
    ("train_pool", "openist", "normal"),
    ("auxiliary_paediatric", "kermany", "normal"),
    ("auxiliary_paediatric", "kermany", "pneumonia"),
    ("auxiliary_nih", "nih", "normal"),
    ("auxiliary_nih", "nih", "pneumonia"),
)


@pytest.fixture(scope="module")
def pool() -> Pool:
    parts = ("train", "train", "train", "validation", "validation", "test")
    rows = pd.DataFrame(
        [
            {"set": s, "source": source, "label": label, "split": part}
            for s, source, label in KINDS
            for part in parts
        ]
    )
    films = np.stack([draw_film(i, (CROP, CROP)) for i in range(len(rows))])
    crops = np.stack([films * 255, (films < 0.33) * 255], -1).astype(np.uint8)
    frames = np.tile(np.array([0.08, 0.08, 0.92, 0.92], np.float32), (len(rows), 1))
    return Pool(rows, crops, frames, crops[:, :SIZE, :SIZE])


def lessons(pool: Pool, seed: int = 0, hold_out: tuple[str, ...] = ()) -> Lessons:
    return Lessons(pool, make_lessons(pool, "train", Mix(), hold_out), 2, SIZE, seed)


def test_the_same_seed_gives_the_same_films(pool: Pool) -> None:
    one, two, other = lessons(pool), lessons(pool), lessons(pool, seed=1)
    one[1]
    np.testing.assert_array_equal(one[0][0], two[0][0])
    assert not np.array_equal(one[0][0], other[0][0])
    two.start(1)
    assert not np.array_equal(one[0][0], two[0][0])


def test_opacity_is_taught_within_sources_only(pool: Pool) -> None:
    for lesson in make_lessons(pool, "train", Mix()):
        rows = pool.rows.iloc[lesson.index]
        assert (rows["split"] == "train").all() and rows["source"].nunique() == 1
        assert (lesson.opacity is None) == (lesson.covid == 1.0) == (rows["label"] == "covid").all()
        if lesson.source in ("kermany", "nih"):
            assert lesson.covid is None
    _, targets, weights = lessons(pool)[0]
    inserted = targets["place"].max(axis=(1, 2, 3)) > 0.2
    assert inserted.any() and (targets["opacity"][inserted] == 1).all()
    assert (weights["covid"][inserted] == 0).all()
    assert (weights["opacity"][targets["covid"][:, 0] == 1] == 0).all()


def test_held_out_sources_are_not_shown(pool: Pool) -> None:
    kept = make_lessons(pool, "train", Mix(), ("cxnet", "openist"))
    assert not {"cxnet", "openist"} & {lesson.source for lesson in kept}


def test_without_change_the_frame_is_cut_as_it_is(pool: Pool) -> None:
    still = Strength(turn=0, zoom=0, shift=0)
    frame = np.array([0, 0, 1, 1], np.float32)
    rng = np.random.default_rng(0)
    film = placed(pool.crops[0], frame, CROP, rng, still)
    assert np.abs(film.astype(int) - pool.crops[0].astype(int)).mean() < 1


def test_an_opacity_brightens_the_lungs_where_it_says(pool: Pool) -> None:
    film = pool.crops[20]
    found = with_opacity(film, np.random.default_rng(1))
    assert found is not None
    change = found[0][..., 0].astype(float) - film[..., 0]
    assert change[found[1] > 0.7].mean() > change[found[1] < 0.05].mean() + 5
    assert with_opacity(np.zeros_like(film), np.random.default_rng(1)) is None


def test_restyling_keeps_the_picture_and_changes_the_look(pool: Pool) -> None:
    rng = np.random.default_rng(0)
    film, donor = pool.crops[0], pool.crops[9] // 2
    looks = [restyled(film, donor, rng, Strength()) for _ in range(12)]
    plain = film[..., 0].ravel()
    agreement = [np.corrcoef(plain, look[..., 0].ravel())[0, 1] for look in looks]
    assert min(agreement) > 0.7
    assert np.std([look[..., 0].mean() for look in looks]) > 0.02
    assert all(look.min() >= 0 and look.max() <= 1 for look in looks)


def test_a_killed_run_ends_where_an_unbroken_one_does(pool: Pool, tmp_path) -> None:
    recipe = Recipe(epochs=2, batches=2, size=SIZE, width=4, gradient=0.1)
    folder, killed = tmp_path / "whole", tmp_path / "killed"

    def keep(line: str) -> None:
        # What a kill after the first epoch leaves behind.
        if line.startswith("epoch 1."):
            shutil.copytree(folder, killed)

    whole = fit(pool, recipe, folder, 0, log=keep)
    said: list[str] = []
    broken = fit(pool, recipe, killed, 0, log=said.append)
    assert len(said) == 1
    for one, two in zip(whole.get_weights(), broken.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    history = pd.read_csv(killed / "history.csv")
    assert list(history["epoch"]) == [1, 2] and history["val_auc"].notna().all()
