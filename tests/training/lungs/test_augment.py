"""Augmentation: film and mask move together, grey changes keep the range."""

import numpy as np
import pytest

from covidweb.training.lungs import augment


@pytest.mark.parametrize("aspect", [0.7, 1.0, 1.5])
def test_film_and_mask_move_together(aspect):
    layer = np.zeros((80, 80), np.uint8)
    layer[20:60, 10:35] = 255
    for seed in range(10):
        rng = np.random.default_rng(seed)
        film, mask = augment.moved((layer, layer), aspect, 64, rng)
        assert film.shape == mask.shape == (64, 64) and mask.max() <= 1
        inside = mask > 0.99
        assert inside.any() and np.allclose(film[inside], 1, atol=0.02)


def test_moves_differ_and_repeat_with_the_seed():
    layer = np.random.default_rng(0).integers(0, 255, (80, 80), dtype=np.uint8)
    first, again, other = (
        augment.moved((layer,), 1.0, 64, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_typical_move_keeps_most_of_the_film():
    layer = np.full((80, 80), 255, np.uint8)
    shares = [
        augment.moved((layer, layer), 1.0, 64, np.random.default_rng(s))[1].mean()
        for s in range(60)
    ]
    assert np.mean(shares) > 0.75 and min(shares) > 0.3


def test_grey_changes_keep_shape_type_and_range(film):
    grey = film(0, size=(64, 64))
    changed = [augment.disturbed(grey.copy(), np.random.default_rng(s)) for s in range(40)]
    assert all(c.shape == (64, 64) and c.dtype == np.float32 for c in changed)
    assert all(c.min() >= 0 and c.max() <= 1 for c in changed)
    assert np.mean([np.abs(c - grey).mean() > 0.01 for c in changed]) > 0.8
    agree = [np.corrcoef(c.ravel(), grey.ravel())[0, 1] < 0 for c in changed if c.std() > 0.02]
    assert 0.1 < np.mean(agree) < 0.6


def test_every_kind_of_empty_picture_is_drawn():
    pictures = [augment.nothing(48, np.random.default_rng(seed)) for seed in range(40)]
    assert all(p.shape == (48, 48) and p.dtype == np.float32 for p in pictures)
    assert all(p.min() >= 0 and p.max() <= 1 for p in pictures)
