"""Many films: the whole command, its memory, and several sessions at once."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from covidweb.exam.bench.figures import (
    Figure,
    at_least,
    at_most,
    memory_now,
    memory_peak,
    milliseconds,
)
from covidweb.exam.bench.films import decoded, film_files, write_films
from covidweb.radiograph import list_paths, read_radiograph
from covidweb.screening.pipeline import screen_stream

if TYPE_CHECKING:
    from covidweb.screening import Screener

THREADS = 2
PASSES = 3
"""Times that the films are screened, in turn with decoding them; the median ratio counts."""

SESSIONS = 8
EACH = 12
"""Films of one session."""

_DECODING = f"decoding and resizing them with Pillow in {THREADS} threads"


def figures(screener: "Screener", count: int, fresh: bool) -> Iterator[Figure]:
    """Measure `count` films in a row and `SESSIONS` sessions at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_films(folder, count)
        yield from _in_a_row(screener, folder, paths)
        if fresh:
            yield from _whole_command(screener.name, folder, paths)
    yield from _sessions(screener)


def _in_a_row(screener: "Screener", folder: Path, paths: Sequence[Path]) -> Iterator[Figure]:
    sources = list_paths([folder]).sources
    decoding, taken, growth = [_decoding(paths)], [], []
    for _ in range(PASSES):
        start, early = time.perf_counter(), 0.0
        for done, _ in enumerate(screen_stream(sources, lambda: screener), 1):
            if done == min(50, len(paths)):
                early = memory_now()
        taken.append((time.perf_counter() - start) * 1000)
        growth.append(memory_now() - early)
        decoding.append(_decoding(paths))
    ratios = [2 * t / (a + b) for t, a, b in zip(taken, decoding, decoding[1:], strict=False)]
    name = f"{len(paths):,} films"
    yield Figure(f"{name}, model loaded", median(taken) / 1000, "s")
    yield at_most(f"{name}, model loaded", median(ratios), "x", 3.0, _DECODING)
    yield at_most("Memory gained from film 50 to the last", max(growth), "MB", 200)
    yield Figure("Peak memory of this process", memory_peak(), "MB")


def _whole_command(model: str, folder: Path, paths: Sequence[Path]) -> Iterator[Figure]:
    command = [sys.executable, "-m", "covidweb", "predict", str(folder), "--model", model]
    command += ["--output", str(folder.with_suffix(".jsonl"))]
    before = _decoding(paths)
    try:
        taken = milliseconds(lambda: subprocess.run(command, check=True, capture_output=True))
    finally:
        folder.with_suffix(".jsonl").unlink(missing_ok=True)
    base = (before + _decoding(paths)) / 2
    name = f"{len(paths):,} films by `predict`, its start included"
    yield Figure(name, taken / 1000, "s")
    yield at_most(name, taken / base, "x", 3.0, _DECODING)


def _decoding(paths: Sequence[Path]) -> float:
    def run() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(decoded, paths):
                pass

    return milliseconds(run)


def _sessions(screener: "Screener") -> Iterator[Figure]:
    """Compare the films a second of sessions at once with those of one session."""
    alone = [_films_a_second(screener, 1)]
    together = []
    for _ in range(3):
        together.append(_films_a_second(screener, SESSIONS))
        alone.append(_films_a_second(screener, 1))
    gains = sorted(t / ((a + b) / 2) for t, a, b in zip(together, alone, alone[1:], strict=False))
    name = f"Films a second of {SESSIONS} sessions at once"
    yield at_least(name, gains[len(gains) // 2], "x", 1.5, "those of one session")


def _films_a_second(screener: "Screener", sessions: int) -> float:
    """Let sessions read and screen film by film, as a reader with single films does."""
    files = film_files()

    def session(number: int) -> None:
        for i in range(EACH):
            screener.screen(read_radiograph(files[(number + i) % len(files)]))

    threads = [threading.Thread(target=session, args=(n,)) for n in range(sessions)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sessions * EACH / (time.perf_counter() - start)
