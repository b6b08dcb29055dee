"""Many films at once: one row of sources, screened in steps."""

import hashlib
import io
import time
from collections.abc import Iterator, Sequence
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


@dataclass(eq=False)
class Batch:
    """Screens sources in steps short enough for a page to stay alive between them.

    Attributes:
        sources: what to screen, in order.
        screener: screens and makes `error` results.
        done: how many are done. Rows are handed out and not kept: films are large.
        cancelled: set by `cancel`; nothing is screened after it.
        seconds: time spent in steps.
    """

    sources: Sequence[Source]
    screener: Screens
    done: int = 0
    cancelled: bool = False
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many files there are."""
        return len(self.sources)

    @property
    def finished(self) -> bool:
        """Whether all is done, or the batch was cancelled."""
        return self.cancelled or self.done == self.total

    @property
    def seconds_left(self) -> float | None:
        """Time left by the pace so far; None before the first film is done."""
        if not self.done:
            return None
        return self.seconds / self.done * (self.total - self.done)

    def cancel(self) -> None:
        """Stop before the next step; what is done stays."""
        self.cancelled = True

    def step(self, seconds: float = 1.0) -> list[Screened]:
        """Screen films for about `seconds`, one chunk at least, and return the new rows."""
        start, rows = time.monotonic(), list[Screened]()
        while not self.finished:
            chunk = self._chunk(self.sources[self.done : self.done + CHUNK])
            rows += chunk
            self.done += len(chunk)
            if time.monotonic() - start >= seconds:
                break
        self.seconds += time.monotonic() - start
        return rows

    def run(self) -> Iterator[Screened]:
        """Screen everything, yielding rows as they come."""
        while not self.finished:
            yield from self.step(0.0)

    def _chunk(self, sources: Sequence[Source]) -> list[Screened]:
        opened = [_open(source) for source in sources]
        films = [film for _, film, _ in opened if film is not None]
        results = iter(self.screener.screen_many(films) if films else [])
        return [
            Screened(
                source.name,
                data,
                hashlib.sha256(data).hexdigest(),
                thumbnail(film.pixels) if film is not None else b"",
                next(results) if film is not None else self.screener.failure(reason),
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


def _open(source: Source) -> tuple[bytes, Radiograph | None, str]:
    data = b""
    try:
        data = source.read()
        return data, read_radiograph(data), ""
    except ImageError as error:
        return data, None, str(error)
    except MemoryError:
        return data, None, "This file takes more memory than is free."
