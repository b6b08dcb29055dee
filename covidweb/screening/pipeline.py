"""Many films through one Screener: read ahead in threads while the networks run, answers in order.

Memory is bounded by films and by bytes: what is read ahead and what stands in one batch.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from covidweb.errors import ImageError
from covidweb.networks.memory import keep_freed
from covidweb.radiograph import Limits, Radiograph, Source, read_radiograph
from covidweb.screening.line import BATCH
from covidweb.screening.result import ScreeningResult

AHEAD_FILMS = 2 * BATCH
"""Films read ahead at most: one batch ready, and one on its way. More cost time: cold memory."""

AT_ONCE = 2
"""Batches screened at once: what prepares a film runs on one core, and the networks on several."""

BATCH_BYTES = 128 * 2**20
"""Bytes of pixels in one batch, beyond which no further film joins it."""

NO_MEMORY = "This file takes more memory than is free."


class Screens(Protocol):
    """What the pipeline needs of a Screener."""

    def screen_many(self, radiographs: Sequence[Radiograph]) -> list[ScreeningResult]:
        """Screen films, one result each."""

    def failure(self, reason: str) -> ScreeningResult:
        """Return the `error` result of a file which gave no film."""


@dataclass(frozen=True, eq=False)
class Answer:
    """One source's film, None where it gave none, and its result."""

    source: Source
    film: Radiograph | None
    result: ScreeningResult


@dataclass(frozen=True, eq=False)
class Opened:
    """One source as it was read: its film, or the reason why there is none."""

    source: Source
    film: Radiograph | None
    reason: str
    milliseconds: float

    @property
    def bytes(self) -> int:
        """What the film's pixels take."""
        return 0 if self.film is None else self.film.pixels.nbytes


def screen_stream(
    sources: Sequence[Source],
    load: Callable[[], Screens],
    finish: Callable[[int, Answer], None] | None = None,
    threads: int | None = None,
) -> Iterator[Answer]:
    """Screen sources and yield one answer each, in their order.

    Args:
        sources: what to read.
        load: gives the Screener; called once, while the first films are read.
        finish: called with each source's place and answer, in one of the threads, before the
            answer is handed out: for pictures to be written.
        threads: readers; one for each core by default.

    Raises:
        Exception: whatever `load`, the Screener or `finish` raises.
    """
    if not sources:
        return
    # The Screener says so, too, but films are read before it is there.
    keep_freed()
    count = threads or os.cpu_count() or 1
    pool = ThreadPoolExecutor(count, "reader")
    opened = _ReadAhead(sources, pool, count)
    try:
        with closing(_screened(opened, load())) as answers:
            yield from answers if finish is None else _finished(answers, finish, pool)
    finally:
        opened.stop()
        pool.shutdown(wait=True, cancel_futures=True)


def open_source(source: Source) -> Opened:
    """Read one source; what is wrong with it becomes a reason."""
    start = time.perf_counter()
    film, reason = None, ""
    try:
        film = read_radiograph(source.read())
    except ImageError as error:
        reason = str(error)
    except MemoryError:
        reason = NO_MEMORY
    return Opened(source, film, reason, (time.perf_counter() - start) * 1000)


class _ReadAhead:
    """Reads sources in a pool and gives them in order, as far ahead as memory allows.

    How large a film is shows when it is read: those to come are taken to be like the largest.
    """

    def __init__(self, sources: Sequence[Source], pool: ThreadPoolExecutor, threads: int) -> None:
        self._sources, self._pool, self._threads = sources, pool, threads
        self._coming: deque[Future[Opened]] = deque()
        self._lock = threading.Lock()
        self._started = self._largest = 0
        self._most_bytes = Limits().ahead_bytes
        self._fill(threads)

    def __iter__(self) -> Iterator[Opened]:
        while self._coming:
            opened = self._coming[0].result()
            with self._lock:
                self._coming.popleft()
            self._fill(self._allowed)
            yield opened

    def stop(self) -> None:
        """Start no further reads."""
        with self._lock:
            self._started = len(self._sources)

    @property
    def _allowed(self) -> int:
        return max(self._threads, min(AHEAD_FILMS, self._most_bytes // max(1, self._largest)))

    def _fill(self, allowed: int) -> None:
        with self._lock:
            while self._started < len(self._sources) and len(self._coming) < allowed:
                self._coming.append(self._pool.submit(self._open, self._sources[self._started]))
                self._started += 1

    def _open(self, source: Source) -> Opened:
        opened = open_source(source)
        self._largest = max(self._largest, opened.bytes)
        self._fill(self._allowed)
        return opened


def _screened(opened: Iterable[Opened], screener: Screens) -> Generator[Answer]:
    """Screen batches, so many at a time that one is prepared while the networks run on another."""

    def screened(part: list[Opened]) -> list[Answer]:
        films = [one.film for one in part if one.film is not None]
        results = iter(screener.screen_many(films) if films else [])
        return [
            _answered(one, screener.failure(one.reason) if one.film is None else next(results))
            for one in part
        ]

    with ThreadPoolExecutor(AT_ONCE, "screener") as pool:
        waiting: deque[Future[list[Answer]]] = deque()
        for part in _parts(opened):
            waiting.append(pool.submit(screened, part))
            if len(waiting) == AT_ONCE:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _answered(opened: Opened, result: ScreeningResult) -> Answer:
    elapsed = {"read": opened.milliseconds, **result.elapsed_ms}
    return Answer(opened.source, opened.film, replace(result, elapsed_ms=elapsed))


def _parts(opened: Iterable[Opened]) -> Iterator[list[Opened]]:
    """Cut into batches by the number of films and by what they take."""
    part: list[Opened] = []
    for one in opened:
        part.append(one)
        if len(part) == BATCH or sum(other.bytes for other in part) >= BATCH_BYTES:
            yield part
            part = []
    if part:
        yield part


def _finished(
    answers: Iterable[Answer], finish: Callable[[int, Answer], None], pool: ThreadPoolExecutor
) -> Iterator[Answer]:
    """Finish answers in the pool, while the next batch is screened."""
    waiting: deque[tuple[Answer, Future[None]]] = deque()
    for place, answer in enumerate(answers):
        waiting.append((answer, pool.submit(finish, place, answer)))
        while len(waiting) > BATCH or (waiting and waiting[0][1].done()):
            yield _done(waiting)
    while waiting:
        yield _done(waiting)


def _done(waiting: deque[tuple[Answer, Future[None]]]) -> Answer:
    answer, future = waiting.popleft()
    future.result()
    return answer
