"""Films to measure on: simulated chests at a film's size, with a detector's noise."""

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from covidweb.radiograph import Radiograph, read_radiograph

SIDE = 1024
DISTINCT = 8
"""Different films; more are copies of these under other names, which are no quicker to read."""

_NOISE = 1.5
"""Standard deviation in grey levels: films compress about as far as real ones then."""


@lru_cache(maxsize=1)
def film_files() -> tuple[bytes, ...]:
    """Return `DISTINCT` PNG files of `SIDE` x `SIDE` pixels."""
    from covidweb.simulate import sample_films

    chests = sample_films()
    return tuple(_png(chests[i % len(chests)].pixels, i) for i in range(DISTINCT))


@lru_cache(maxsize=1)
def films() -> tuple[Radiograph, ...]:
    """Return the films of `film_files`, read."""
    return tuple(read_radiograph(data) for data in film_files())


def write_films(folder: Path, count: int) -> Sequence[Path]:
    """Write so many files to a folder and return their paths."""
    files = film_files()
    paths = [folder / f"film-{number:05d}.png" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(files[number % len(files)])
    return paths


def decoded(path: Path, size: int = 224) -> Image.Image:
    """Decode and resize with Pillow, and nothing else: the baseline of all that reads films."""
    with Image.open(path) as image:
        return image.convert("L").resize((size, size), Image.Resampling.BILINEAR)


def _png(pixels: np.ndarray, seed: int) -> bytes:
    grey = Image.fromarray(np.ascontiguousarray(pixels, np.float32) * 255)
    large = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    noisy = large + np.random.default_rng(seed).normal(0, _NOISE, large.shape)
    stream = io.BytesIO()
    Image.fromarray(np.clip(np.round(noisy), 0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
