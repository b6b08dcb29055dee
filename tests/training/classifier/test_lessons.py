"""Batches: the same for the same seed, within sources, with opacities whose place is known."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import draw_film

from covidweb.training.classifier.augment import (
    holed,
    lungs_only,
    placed,
    placement,
    wired,
    with_opacity,
)
from covidweb.training.classifier.batches import Drawer, batches, drawing_process
from covidweb.training.classifier.fit import Recipe, fit
from covidweb.training.classifier.lessons import Mix, make_lessons
from covidweb.training.classifier.pool import CUT_OUT, Pool
from covidweb.training.classifier.strength import Strength
from covidweb.training.classifier.style import restyled

SIZE, CELLS, CROP = 64, 4, 76
KINDS = (
    ("train_pool", "bimcv", "covid", ""),
    ("train_pool", "cxnet", "covid", ""),
    ("train_pool", "rsna", "normal", "AP"),
    ("train_pool", "rsna", "normal", "PA"),
    ("train_pool", "openist", "normal", ""),
    ("auxiliary_paediatric", "kermany", "normal", ""),
    ("auxiliary_paediatric", "kermany", "pneumonia", ""),
    ("auxiliary_nih", "nih", "normal", "AP"),
    ("auxiliary_nih", "nih", "pneumonia", "AP"),
    ("auxiliary_nih_more", "nih", "other", "AP"),
    (CUT_OUT, "rsna_lungs", "pneumonia", "AP"),
    (CUT_OUT, "rsna_lungs", "other", "AP"),
)


@pytest.fixture(scope="module")
def pool() -> Pool:
    parts = ("train", "train", "train", "validation", "validation", "test")
    rows = pd.DataFrame(
        [
            {"set": s, "source": source, "label": label, "view": view, "split": part}
            for s, source, label, view in KINDS
            for part in parts
        ]
    )
    films = np.stack([draw_film(i, (CROP, CROP)) for i in range(len(rows))])
    crops = np.stack([films * 255, (films < 0.33) * 255], -1).astype(np.uint8)
    frames = np.tile(np.array([0.08, 0.08, 0.92, 0.92], np.float32), (len(rows), 1))
    boxed = np.flatnonzero((rows["set"] == CUT_OUT) & (rows["label"] == "pneumonia"))
    boxes = np.array([[row, 0.2, 0.4, 0.4, 0.7] for row in boxed], np.float32)
    framed = np.ones(len(rows), bool)
    framed[0] = False
    return Pool(rows, crops, frames, crops[:, :SIZE, :SIZE], framed, boxes)


def drawer(pool: Pool, seed: int = 0, boxes: bool = True) -> Drawer:
    kinds = tuple(make_lessons(pool, "train", Mix()))
    return Drawer(pool, kinds, SIZE, CELLS, seed, Strength(), boxes)


def test_the_same_seed_gives_the_same_films(pool: Pool) -> None:
    one, two, other = drawer(pool), drawer(pool), drawer(pool, seed=1)
    one.draw(0, 1)
    first = one.draw(0, 0)[0]
    np.testing.assert_array_equal(first, two.draw(0, 0)[0])
    assert not np.array_equal(first, other.draw(0, 0)[0])
    assert not np.array_equal(first, two.draw(1, 0)[0])


def test_a_process_of_its_own_draws_the_same_films(pool: Pool) -> None:
    here = list(batches(drawer(pool), 1, 2, None))
    with drawing_process(drawer(pool)) as process:
        there = list(batches(drawer(pool), 1, 2, process))
    for one, two in zip(here, there, strict=True):
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1]["place"], two[1]["place"])


def test_opacity_is_taught_within_sources_and_views_only(pool: Pool) -> None:
    for lesson in make_lessons(pool, "train", Mix()):
        rows, plan = pool.rows.iloc[lesson.index], lesson.plan
        assert (rows["split"] == "train").all() and rows["source"].nunique() == 1
        assert rows["view"].nunique() == 1 and pool.framed[lesson.index].all()
        assert (plan.opacity is None) == (plan.covid == 1.0) == (rows["label"] == "covid").all()
        if plan.source in ("kermany", "rsna_lungs") or plan.label in ("pneumonia", "other"):
            assert plan.covid is None
    _, targets, weights = drawer(pool, boxes=False).draw(0, 0)
    inserted = targets["place"].max(axis=(1, 2, 3)) > 0.2
    assert inserted.any() and (targets["opacity"][inserted] == 1).all()
    assert (weights["covid"][inserted] == 0).all()
    assert (weights["opacity"][targets["covid"][:, 0] == 1] == 0).all()


def test_boxes_teach_the_place_where_they_are(pool: Pool) -> None:
    lessons = make_lessons(pool, "train", Mix())
    boxed = next(x for x in lessons if x.plan.sets == (CUT_OUT,) and x.plan.opacity == 1)
    for boxes in (True, False):
        made = replace(drawer(pool, boxes=boxes), how=Strength(turn=0, zoom=0, shift=0))
        _, extent, inserted = made.film(boxed, int(boxed.index[0]), np.random.default_rng(0))
        assert not inserted and (extent is not None) == boxes
        if extent is not None:
            rows, columns = np.nonzero(extent > 0.5)
            found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / SIZE
            frame = (np.array([0.2, 0.4, 0.4, 0.7]) - 0.08) / 0.84
            np.testing.assert_allclose(found, frame, atol=1.5 / SIZE)


def test_a_well_film_teaches_that_nothing_is_opaque(pool: Pool) -> None:
    _, targets, weights = drawer(pool).draw(0, 0)
    well = (targets["opacity"][:, 0] == 0) & (weights["opacity"] == 1)
    assert (targets["place"][well] == 0).all() and (weights["place"][well].sum((1, 2)) > 0).all()
    unknown = targets["covid"][:, 0] == 1
    assert (weights["place"][unknown] == 0).all()


def test_held_out_sources_are_not_shown(pool: Pool) -> None:
    kept = make_lessons(pool, "train", Mix(), ("cxnet", "openist"))
    assert not {"cxnet", "openist"} & {lesson.plan.source for lesson in kept}


def test_without_change_the_frame_is_cut_as_it_is(pool: Pool) -> None:
    still = Strength(turn=0, zoom=0, shift=0)
    frame = np.array([0, 0, 1, 1], np.float32)
    matrix = placement(CROP, frame, CROP, np.random.default_rng(0), still)
    film = placed(pool.crops[0], matrix, CROP)
    assert np.abs(film.astype(int) - pool.crops[0].astype(int)).mean() < 1


def test_wires_are_bright_and_thin(pool: Pool) -> None:
    grey = pool.crops[0][..., 0]
    drawn = wired(grey, np.random.default_rng(0))
    changed = drawn.astype(int) - grey > 8
    assert 0.003 < changed.mean() < 0.3


def test_holes_leave_lung_or_are_not_cut(pool: Pool) -> None:
    mask = pool.crops[0][..., 1].astype(np.float32) / 255
    donor = pool.crops[3][..., 1].copy()
    donor[20:40] = 0
    cut = [holed(mask, donor, np.random.default_rng(seed)) for seed in range(8)]
    left = [m.sum() / mask.sum() for m in cut if m is not None]
    assert left and 0.4 < min(left) <= max(left) < 0.95
    assert holed(mask, np.zeros_like(donor), np.random.default_rng(0)) is None


def test_hiding_all_but_the_lungs_leaves_no_edge(pool: Pool) -> None:
    film = pool.crops[0].astype(np.float32) / 255
    hidden = lungs_only(film)
    inside = film[..., 1] > 0.5
    np.testing.assert_array_equal(hidden[inside], film[inside])
    assert np.ptp(hidden[..., 0][~inside]) == 0
    assert hidden[..., 0][~inside][0] == pytest.approx(film[..., 0][inside].mean(), abs=1e-5)


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
    recipe = Recipe(epochs=2, batches=2, size=SIZE, width=4, pretrained=False, frozen=0)
    folder, killed = tmp_path / "whole", tmp_path / "killed"

    def keep(line: str) -> None:
        # What a kill after the first epoch leaves behind.
        if line.startswith("epoch 1:"):
            shutil.copytree(folder, killed)

    whole = fit(pool, recipe, folder, 0, log=keep, beside=False)
    said: list[str] = []
    broken = fit(pool, recipe, killed, 0, log=said.append, beside=False)
    assert len(said) == 1
    for one, two in zip(whole.get_weights(), broken.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    history = pd.read_csv(killed / "history.csv")
    assert list(history["epoch"]) == [1, 2] and history["val_auc"].notna().all()


def test_a_patch_is_painted_like_air_and_is_no_opacity(pool: Pool) -> None:
    kinds = tuple(
        lesson
        for lesson in make_lessons(pool, "train", Mix())
        if lesson.plan.insert and lesson.plan.films
    )
    how = Strength(turn=0, zoom=0, shift=0, mirror=0, wires=0, cut=0, holes=0)
    lesson = replace(kinds[0], plan=replace(kinds[0].plan, insert=1.0))
    row = int(lesson.index[0])
    gone = 0
    for seed in range(6):
        with_, without = (
            Drawer(
                pool, (lesson,), SIZE, CELLS, 0, replace(how, patches=share, borrow=0, equalise=0)
            ).film(lesson, row, np.random.default_rng(seed))
            for share in (1.0, 0.0)
        )
        assert with_[2] and without[2]
        assert (with_[1] <= without[1]).all()
        gone += int((with_[1] < without[1]).sum())
    assert gone > 0


def test_a_mirrored_film_takes_its_boxes_with_it() -> None:
    frame = np.array([0.1, 0.1, 0.9, 0.9])
    still = Strength(turn=0, zoom=0, shift=0, mirror=0)
    crop = np.zeros((100, 100), np.uint8)
    crop[30:50, 20:40] = 200
    plain, mirrored = (
        placed(crop, placement(100, frame, 80, np.random.default_rng(0), how), 80)
        for how in (still, replace(still, mirror=1.0))
    )
    assert plain[20:40, 10:30].min() == 200
    np.testing.assert_array_equal(mirrored[:, 1:], plain[:, :0:-1])
