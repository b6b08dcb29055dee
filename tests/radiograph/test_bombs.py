"""Each bomb gives its sentence, within bounds of memory and processor time."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BOMBS = Path(__file__).with_name("bombs.py")
ROOT = Path(__file__).resolve().parents[2]

# The limit of 2 s, and a child's start on a busy machine.
MOST_MIB, MOST_SECONDS = 1000, 4.5

SAID = {
    "webp_header": "too large",
    "webp_under_the_pixel_limit": "too much memory",
    "png_header": "too much memory",
    "png_of_pieces": "too long|broken",
    "jpeg_of_scans": "too long",
    "jpeg_of_segments": "too long|broken",
    "tiff_of_pages": "too long|broken",
    "bmp_of_runs": "too long|too much memory",
    "dicom_wavelet": "too much memory",
    "dicom_wavelet_that_lies": "contradicts itself",
    "dicom_runs_with_a_sigmoid": "too much memory",
    "dicom_of_fragments": "too long|broken",
    "dicom_of_elements": "too long|no picture",
    "dicom_of_items": "too long|no picture",
    "zip_of_bzip2": "packed in a way that is not unpacked here.*BZIP2",
    "zip_of_lzma": "packed in a way that is not unpacked here.*LZMA",
}


def _run(words):
    paths = f"{ROOT}{os.pathsep}{BOMBS.parent}"
    environment = {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(BOMBS), *map(str, words)],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    """What came of each bomb: made in one process, read in others that have hardly any memory."""
    folder = tmp_path_factory.mktemp("bombs")
    _run(["--make", folder])
    assert sorted(path.name for path in folder.iterdir()) == sorted(SAID)
    lines = _run(folder / name for name in SAID).splitlines()
    return dict(zip(SAID, map(json.loads, lines), strict=True))


@pytest.mark.parametrize("name", SAID)
def test_a_bomb_gets_its_sentence_within_bounds(readings, name):
    reading = readings[name]
    assert re.search(SAID[name], reading["came"]), reading
    assert reading["mib"] < MOST_MIB
    assert reading["seconds"] < MOST_SECONDS


def test_a_film_is_still_read_after_a_bomb(film_png):
    sys.path.insert(0, str(BOMBS.parent))
    import numpy as np
    from bombs import jpeg_of_segments
    from dicoms import dicom

    from covidweb.errors import ImageError
    from covidweb.radiograph import read_radiograph

    with pytest.raises(ImageError):
        read_radiograph(jpeg_of_segments())
    assert read_radiograph(dicom(np.full((80, 80), 9, np.uint8))).format == "DICOM"


@pytest.mark.parametrize("limit", ["COVIDWEB_MAX_DECODE_MIB", "COVIDWEB_MAX_MEGAPIXELS"])
def test_a_limit_of_the_environment_counts_in_the_child_too(monkeypatch, limit):
    sys.path.insert(0, str(BOMBS.parent))
    import numpy as np
    from dicoms import dicom

    from covidweb.errors import ImageError
    from covidweb.radiograph import read_radiograph

    data = dicom(np.zeros((1200, 1200), np.uint8))
    assert read_radiograph(data).original_size == (1200, 1200)
    monkeypatch.setenv(limit, "1")
    with pytest.raises(ImageError, match=r"too much memory|too large"):
        read_radiograph(data)
