"""A few files at once: read, screened together, each with a row whatever happens to it."""

import hashlib
import io
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from covidweb.errors import ImageError
from covidweb.radiograph import Radiograph, Source, read_radiograph
from covidweb.screening.result import ScreeningResult

CHUNK = 4
"""Films screened together in one step."""

THUMBNAIL = 96
"""Longer side of a thumbnail in pixels."""

_FAILED = "The model failed on this film, so there is no answer. The other films are not affected."
_LOG = logging.getLogger(__name__)


class Screens(Protocol):
    """What a batch needs of a Screener."""

    def screen_many(self, radiographs: Sequence[Radiograph]) -> list[ScreeningResult]:
        """Screen films, one result each."""

    def failure(self, reason: str) -> ScreeningResult:
        """Return the `error` result of a file which gave no film."""


@dataclass(frozen=True, eq=False)
class Screened:
    """One row: a file's base name, its bytes with their sha256, a thumbnail and the result.

    `data` is empty where the bytes could not be had; `thumbnail` is a JPEG, empty without a film.
    """

    name: str
    data: bytes
    sha256: str
    thumbnail: bytes
    result: ScreeningResult


def screen_sources(sources: Sequence[Source], screener: Screens) -> list[Screened]:
    """Read and screen files together: one row each, in order; nothing that fails stops the rest."""
    with ThreadPoolExecutor(max(1, min(len(sources), os.cpu_count() or 1)), "reader") as pool:
        opened = list(pool.map(_open, sources))
    films = [film for _, film, _ in opened if film is not None]
    results = iter(_screen(films, screener))
    return [
        Screened(
            source.name,
            data,
            hashlib.sha256(data).hexdigest(),
            thumbnail(film.pixels) if film is not None else b"",
            next(results) if film is not None else screener.failure(reason),
        )
        for source, (data, film, reason) in zip(sources, opened, strict=True)
    ]


def thumbnail(pixels: np.ndarray, side: int = THUMBNAIL) -> bytes:
    """Return pixels (H, W) in 0..1 as a JPEG whose longer side is at most `side`."""
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    stream = io.BytesIO()
    grey = np.round(np.clip(np.asarray(image), 0, 1) * 255).astype(np.uint8)
    Image.fromarray(grey).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _screen(films: Sequence[Radiograph], screener: Screens) -> list[ScreeningResult]:
    """Screen films; where the network fails, one by one, so that only its film goes without."""
    if not films:
        return []
    try:
        return screener.screen_many(films)
    except Exception:
        # A network may raise anything, and the log is the only place that can hold it all.
        _LOG.exception("The network failed on %d films.", len(films))
    if len(films) == 1:
        return [screener.failure(_FAILED)]
    return [_screen([film], screener)[0] for film in films]


def _open(source: Source) -> tuple[bytes, Radiograph | None, str]:
    data = b""
    try:
        data = source.read()
        return data, read_radiograph(data), ""
    except ImageError as error:
        return data, None, str(error)
    except MemoryError:
        return data, None, "This file takes more memory than is free."
    except Exception:
        _LOG.exception("A file could not be read for a reason not foreseen.")
        return data, None, "This file could not be read."
