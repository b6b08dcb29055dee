"""Children that decode: one that has gone costs nobody an answer."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from covidweb.errors import ImageError
from covidweb.radiograph import apart, read_radiograph

LEAVES, DIES = "pass", "import os; os.abort()"


@pytest.fixture
def tiff() -> bytes:
    """A TIFF that a child decodes: RGB in 16 bits, larger than a pipe holds."""
    rng = np.random.default_rng(0)
    grey = rng.integers(20_000, 50_000, (300, 320, 1), np.uint16)
    return cv2.imencode(".tiff", np.repeat(grey, 3, axis=2))[1].tobytes()


@pytest.fixture
def going(monkeypatch):
    """Let a child wait that is gone after running some code, and may still seem alive."""
    apart.stop()

    def some(code: str, seems_alive: bool = True) -> None:
        child = apart._Child()
        child.close()
        child._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        child._process.wait()
        if seems_alive:
            monkeypatch.setattr(child, "is_alive", lambda: True)
        apart._idle.append(child)

    yield some
    apart.stop()


def test_a_film_that_meets_a_child_which_has_just_left_goes_to_another(tiff, going):
    going(LEAVES)
    going(LEAVES)
    assert read_radiograph(tiff).pixels.shape == (300, 320)
    assert len(apart.pids()) == 1


def test_a_child_that_dies_over_a_film_is_not_followed_by_another(tiff, going):
    going(DIES)
    with pytest.raises(ImageError, match="broken"):
        read_radiograph(tiff)
    assert apart.pids() == []


def test_a_child_that_has_ended_meanwhile_is_replaced(tiff, going):
    going(LEAVES, seems_alive=False)
    assert read_radiograph(tiff).pixels.shape == (300, 320)
