"""Draw batches: every film of every epoch by a generator seeded with (seed, epoch, batch).

So the same seed gives the same training, also after a kill, and whichever process draws.
"""

import multiprocessing
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from covidweb.dataset.boxes import in_boxes
from covidweb.training.classifier.augment import (
    holed,
    lungs_only,
    patched,
    placed,
    placement,
    wired,
    with_opacity,
)
from covidweb.training.classifier.lessons import Lesson
from covidweb.training.classifier.pool import CUT_OUT, Pool
from covidweb.training.classifier.strength import Strength
from covidweb.training.classifier.style import restyled

AHEAD = 4
"""Batches that are drawn before they are asked for."""

Drawn = TypeVar("Drawn", covariant=True)


class Draws(Protocol[Drawn]):
    """Draws batches; it can be sent to another process."""

    def draw(self, epoch: int, number: int) -> Drawn:
        """Return one batch of an epoch."""


Arrays = tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]
"""Films float32 (N, S, S, 2); targets and sample weights by name of the lesson."""


@dataclass
class _Batch:
    """Grows film by film."""

    cells: int
    films: list[np.ndarray] = field(default_factory=list)
    opacity: list[tuple[float, float]] = field(default_factory=list)
    covid: list[tuple[float, float]] = field(default_factory=list)
    places: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def add(
        self,
        film: np.ndarray,
        opacity: float | None,
        covid: float | None,
        extent: np.ndarray | None,
    ) -> None:
        self.films.append(film)
        self.opacity.append((opacity or 0.0, float(opacity is not None)))
        self.covid.append((covid or 0.0, float(covid is not None)))
        blank = np.zeros((self.cells, self.cells), np.float32)
        known = extent is not None
        place = _by_cells(extent, self.cells) if extent is not None else blank
        self.places.append((place, _by_cells(film[..., 1], self.cells) if known else blank))

    def arrays(self) -> Arrays:
        opacity, covid = (np.array(v, np.float32) for v in (self.opacity, self.covid))
        place = np.stack([p for p, _ in self.places])[..., None]
        targets = {"opacity": opacity[:, :1], "covid": covid[:, :1], "place": place}
        within = np.stack([w for _, w in self.places])
        weights = {"opacity": opacity[:, 1], "covid": covid[:, 1], "place": within}
        return np.stack(self.films), targets, weights


@dataclass(frozen=True, eq=False)
class Drawer:
    """Draws batches from a pool; it can be sent to another process.

    Attributes:
        lessons: kinds of film with the rows to draw from.
        size, cells: sides of the films and of the network's grid.
        boxes: whether radiologists' boxes teach the place.
    """

    pool: Pool
    lessons: tuple[Lesson, ...]
    size: int
    cells: int
    seed: int
    how: Strength
    boxes: bool = True

    def draw(self, epoch: int, number: int) -> Arrays:
        """Return one batch."""
        rng = np.random.default_rng((self.seed, epoch, number))
        batch = _Batch(self.cells)
        # Two BLAS threads that wait for each other make an augmented film ten times as slow.
        with threadpool_limits(1, user_api="blas"):
            for lesson in self.lessons:
                for row in rng.choice(lesson.index, lesson.plan.films):
                    self._add(batch, lesson, int(row), rng)
        return batch.arrays()

    def film(
        self, lesson: Lesson, row: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None, bool]:
        """Return a changed film float32 (S, S, 2), the extent of what is known to be opaque
        (None: not known) and whether an opacity was inserted."""
        film, extent, inserted = self._placed(lesson, row, rng)
        grey = film[..., 0]
        if rng.random() < self.how.patches:
            grey, gone = patched(film, rng)
            extent = None if extent is None else np.where(gone, np.float32(0), extent)
        grey = wired(grey, rng) if rng.random() < self.how.wires else grey
        donor = self.pool.crops[int(rng.choice(self._whole))]
        changed = restyled(np.stack([grey, film[..., 1]], -1), donor, rng, self.how)
        return self._hidden(changed, row, rng), extent, inserted

    def _add(self, batch: _Batch, lesson: Lesson, row: int, rng: np.random.Generator) -> None:
        film, extent, inserted = self.film(lesson, row, rng)
        plan = lesson.plan
        opacity, covid = (1.0, None) if inserted else (plan.opacity, plan.covid)
        batch.add(film, opacity, covid, extent)

    def _placed(
        self, lesson: Lesson, row: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None, bool]:
        crop = self.pool.crops[row]
        matrix = placement(len(crop), self.pool.frames[row], self.size, rng, self.how)
        film = placed(crop, matrix, self.size)
        plan = lesson.plan
        if rng.random() < plan.insert and (found := with_opacity(film, rng)) is not None:
            return *found, True
        extent: np.ndarray | None = None
        if plan.opacity == 0.0:
            extent = np.zeros((self.size, self.size), np.float32)
        boxes = self.pool.boxes_of(row) if self.boxes else np.zeros((0, 4))
        if len(boxes):
            inside = in_boxes(boxes, crop.shape[:2]).astype(np.uint8) * 255
            marked = placed(inside, matrix, self.size)
            extent = marked.astype(np.float32) / 255
        return film, extent, False

    def _hidden(self, film: np.ndarray, row: int, rng: np.random.Generator) -> np.ndarray:
        """Hide all but the lungs, or all but parts of them, of some films."""
        own = bool(self._cut_out[row])
        cut = own or rng.random() < self.how.cut
        if len(self._outlines) and rng.random() < self.how.holes * (1 + own):
            outline = self.pool.crops[int(rng.choice(self._outlines))][..., 1]
            left = holed(film[..., 1], outline, rng)
            if left is not None:
                film, cut = np.stack([film[..., 0], left], -1), True
        return lungs_only(film).astype(np.float32) if cut else film

    @cached_property
    def _cut_out(self) -> np.ndarray:
        return np.asarray((self.pool.rows["set"] == CUT_OUT).to_numpy())

    @cached_property
    def _outlines(self) -> np.ndarray:
        return np.asarray(self._drawn[self._cut_out[self._drawn]])

    @cached_property
    def _whole(self) -> np.ndarray:
        return np.asarray(self._drawn[~self._cut_out[self._drawn]])

    @cached_property
    def _drawn(self) -> np.ndarray:
        return np.concatenate([lesson.index for lesson in self.lessons])


def batches(
    drawer: Draws[Drawn], epoch: int, count: int, executor: ProcessPoolExecutor | None
) -> Iterator[Drawn]:
    """Yield an epoch's batches in order, drawn ahead by the executor's processes if there is one.

    Args:
        drawer: the one that `executor` was made for.
        executor: from `drawing_process`; None draws here.
    """
    if executor is None:
        yield from (drawer.draw(epoch, number) for number in range(count))
        return
    waiting = deque(executor.submit(_draw, epoch, n) for n in range(min(AHEAD, count)))
    for number in range(count):
        if number + AHEAD < count:
            waiting.append(executor.submit(_draw, epoch, number + AHEAD))
        yield waiting.popleft().result()


def drawing_process(drawer: Draws[Any]) -> ProcessPoolExecutor:
    """Return one process that draws batches beside the training; close it after use."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, context, initializer=_start, initargs=(drawer,))


_DRAWER: list[Draws[Any]] = []


def _start(drawer: Draws[Any]) -> None:
    cv2.setNumThreads(0)
    _DRAWER[:] = [drawer]


def _draw(epoch: int, number: int) -> Any:
    return _DRAWER[0].draw(epoch, number)


def _by_cells(values: np.ndarray, cells: int) -> np.ndarray:
    """Average float (S, S) over the network's cells: float32 (cells, cells)."""
    return cv2.resize(values.astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
