"""Milliseconds per stage of a screening."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up milliseconds per stage."""

    def __init__(self) -> None:
        self.elapsed: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time spent in the block towards a stage."""
        start = time.perf_counter()
        yield
        passed = (time.perf_counter() - start) * 1000
        self.elapsed[stage] = self.elapsed.get(stage, 0.0) + passed
