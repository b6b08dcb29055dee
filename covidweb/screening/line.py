"""Many callers, one network: the line they stand in, and the batches they share.

`Line` lets in so many films at a time and knows each caller's place. `Shared` runs one network on
batches made of whatever films are there, whoever brought them. Neither has a thread of its own: a
caller who finds the network free runs a batch, other callers' films included.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

BATCH = 16
"""Films that share a batch at most."""

WAIT = 0.02
"""Seconds that a batch waits for films which are on their way."""

ROOM = 64
"""Films screened at once by all callers together; whoever comes later waits outside."""


class Ticket:
    """A caller's place in the line, for another thread to look at.

    Example:
        >>> ticket = Ticket()
        >>> with ticket.held():  # doctest: +SKIP
        ...     screener.screen_many(films)  # another thread reads ticket.ahead meanwhile
    """

    def __init__(self) -> None:
        self.films = 0
        self._line: Line | None = None

    @property
    def ahead(self) -> int | None:
        """How many films come before this caller's; None while it does not stand in the line."""
        line = self._line
        return None if line is None else line.before(self)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let this ticket stand for every film that this thread brings in the block."""
        before = _HELD.set(self)
        try:
            yield
        finally:
            _HELD.reset(before)

    def stand(self, line: "Line | None", films: int) -> None:
        """Note where the caller stands; None for nowhere. Only a line calls this."""
        self._line, self.films = line, films


_HELD: ContextVar[Ticket | None] = ContextVar("ticket", default=None)


class Line:
    """First come, first served: lets callers in while fewer than `room` films are inside."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._tickets: list[Ticket] = []
        self._moved = threading.Condition()

    @contextmanager
    def turn(self, films: int) -> Iterator[None]:
        """Stand in the line with so many films, and go in; leaving makes room for others."""
        ticket = _HELD.get() or Ticket()
        with self._moved:
            ticket.stand(self, films)
            self._tickets.append(ticket)
            self._moved.wait_for(lambda: self._may_enter(ticket))
        try:
            yield
        finally:
            with self._moved:
                self._tickets.remove(ticket)
                ticket.stand(None, 0)
                self._moved.notify_all()

    def before(self, ticket: Ticket) -> int | None:
        """Return how many films came before a ticket's; None when it does not stand here."""
        with self._moved:
            return self._before(ticket) if ticket in self._tickets else None

    @property
    def films(self) -> int:
        """How many films stand in the line or are being screened."""
        with self._moved:
            return sum(ticket.films for ticket in self._tickets)

    def _before(self, ticket: Ticket) -> int:
        place = self._tickets.index(ticket)
        return sum(earlier.films for earlier in self._tickets[:place])

    def _may_enter(self, ticket: Ticket) -> bool:
        before = self._before(ticket)
        return before == 0 or before + ticket.films <= self._room


class Shared(Generic[T, R]):
    """Calls `work` with batches that concurrent callers share.

    An error of a batch that several callers share is narrowed down: each caller's part is run
    again alone, so that nobody gets an error which another's film brought about.
    """

    def __init__(
        self, work: Callable[[list[T]], Sequence[R]], size: int = BATCH, wait: float = WAIT
    ) -> None:
        """Take `work`: from 1 to `size` items to one answer each, in order."""
        self._work, self._size, self._wait = work, size, wait
        self._changed = threading.Condition()
        self._queue: deque[_Item] = deque()
        self._coming = 0
        self._busy = False

    def __call__(self, make: Callable[[], Sequence[T]]) -> list[R]:
        """Return one answer for each item that `make` gives, in order.

        Args:
            make: prepares the items, in the caller's own thread; a batch that is about to start
                waits `wait` seconds for it.
        """
        mine = self._queued(make)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._busy or _all_done(mine))
                if _all_done(mine):
                    break
                self._busy = True
                batch = self._gather()
            try:
                self._run(batch)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        return [item.result() for item in mine]

    def _queued(self, make: Callable[[], Sequence[T]]) -> list["_Item"]:
        owner = object()
        with self._changed:
            self._coming += 1
        mine: list[_Item] = []
        try:
            mine = [_Item(value, owner) for value in make()]
        finally:
            with self._changed:
                self._coming -= 1
                self._queue.extend(mine)
                self._changed.notify_all()
        return mine

    def _gather(self) -> list["_Item"]:
        self._changed.wait_for(
            lambda: len(self._queue) >= self._size or not self._coming, timeout=self._wait
        )
        return [self._queue.popleft() for _ in range(min(self._size, len(self._queue)))]

    def _run(self, batch: list["_Item"]) -> None:
        try:
            for item, answer in zip(batch, self._work([i.value for i in batch]), strict=True):
                item.answer = answer
        except Exception as error:
            owners = list(dict.fromkeys(item.owner for item in batch))
            if len(owners) > 1:
                for owner in owners:
                    self._run([item for item in batch if item.owner is owner])
                return
            for item in batch:
                item.error = error
        for item in batch:
            item.done = True


class _Item:
    """What one film waits for."""

    def __init__(self, value: Any, owner: object) -> None:
        self.value, self.owner = value, owner
        self.answer: Any = None
        self.error: Exception | None = None
        self.done = False

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.answer


def _all_done(items: Sequence[_Item]) -> bool:
    return all(item.done for item in items)
