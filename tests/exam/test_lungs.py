"""The lung finder's figures: distances, overlaps, intervals and changes."""

import numpy as np
import pandas as pd
import pytest

from covidweb.exam import lungs as evaluate


def square(left: int, top: int = 10) -> np.ndarray:
    mask = np.zeros((60, 60), bool)
    mask[top : top + 20, left : left + 20] = True
    return mask


def test_dice_of_known_overlaps():
    assert evaluate.dice(square(10), square(10)) == 1
    assert evaluate.dice(square(10), square(20)) == 0.5
    assert evaluate.dice(square(0), square(30)) == 0
    assert evaluate.dice(np.zeros((4, 4), bool), np.zeros((4, 4), bool)) == 1


def test_hausdorff_of_a_shift_is_the_shift():
    assert evaluate.hausdorff95(square(10), square(10)) == 0
    assert evaluate.hausdorff95(square(10), square(14)) == pytest.approx(4)
    assert evaluate.hausdorff95(square(10), np.zeros((60, 60), bool)) == pytest.approx(84.85, 0.01)


def test_hausdorff_counts_what_either_mask_has_alone():
    both = square(10) | square(10, top=35)
    assert evaluate.hausdorff95(square(10), both) == evaluate.hausdorff95(both, square(10)) > 20


def test_the_interval_is_over_groups():
    values = np.array([0.9] * 50 + [0.5] * 50)
    loose = evaluate.interval(values, np.arange(100))
    tight = evaluate.interval(values, np.repeat([0, 1], 50))
    assert loose["value"] == tight["value"] == pytest.approx(0.7)
    assert tight["high"] - tight["low"] > 2 * (loose["high"] - loose["low"])


def test_failures_are_counted():
    rows = pd.DataFrame(
        {
            "dice": [0.97, 0.79, 0.2],
            "iou": [0.9, 0.6, 0.1],
            "hausdorff95_percent": [1.0, 2.0, 30.0],
            "group": list("abc"),
            "plausible": [True, True, False],
        }
    )
    figures = evaluate.summary(rows)
    assert figures.failures == 2 and figures.n == 3
    assert figures.plausible == pytest.approx(2 / 3)


def test_changes_move_a_mask_as_they_move_a_film():
    mask = square(10).astype(np.float32)
    assert np.array_equal(evaluate.inverted(mask, None), mask)
    assert np.array_equal(evaluate.inverted(mask, 0), 1 - mask)
    padded = evaluate.padded(mask, None)
    assert padded.shape == (72, 72) and padded[22:42, 22:42].all() and padded.sum() == 400
    turned = evaluate.rotated(mask, None)
    assert turned.sum() == pytest.approx(400, rel=0.03) and not np.array_equal(turned, mask)


def test_stretching_keeps_the_share_of_the_area():
    big = evaluate.stretched(square(10), (240, 120))
    assert big.shape == (120, 240) and big.mean() == pytest.approx(square(10).mean(), rel=0.02)
