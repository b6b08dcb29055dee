"""Figures and how they are taken: pairs of times, memory, and targets that can be missed."""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

PAIRS = 7


@dataclass(frozen=True)
class Figure:
    """One measurement.

    Attributes:
        name: what was measured.
        value: in `unit`.
        unit: `ms`, `s`, `MB` or `x` (a ratio).
        baseline: what a ratio compares with; empty for other units.
        target: what it should reach, as text such as `<= 25`; empty where there is none.
        met: whether it does; None where there is no target.
    """

    name: str
    value: float
    unit: str
    baseline: str = ""
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Pairs:
    """Times in milliseconds of two calls made in turn.

    Example:
        >>> Pairs((2.0, 9.0, 4.0), (1.0, 3.0, 4.0)).ratio
        2.0
    """

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median over the pairs of the first time divided by the second."""
        return median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def ours_ms(self) -> float:
        """The first call's median time."""
        return median(self.ours)

    @property
    def theirs_ms(self) -> float:
        """The second call's median time."""
        return median(self.theirs)


def pairs(ours: Callable[[], Any], theirs: Callable[[], Any], count: int | None = None) -> Pairs:
    """Time two calls in turn, `PAIRS` times unless told, after one of each not counted."""
    ours()
    theirs()
    both = [(milliseconds(ours), milliseconds(theirs)) for _ in range(count or PAIRS)]
    return Pairs([a for a, _ in both], [b for _, b in both])


def milliseconds(call: Callable[[], Any]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def at_most(name: str, value: float, unit: str, limit: float, baseline: str = "") -> Figure:
    """Return a figure whose target is an upper limit."""
    return Figure(name, value, unit, baseline, f"<= {limit:g}", value <= limit)


def at_least(name: str, value: float, unit: str, limit: float, baseline: str = "") -> Figure:
    """Return a figure whose target is a lower limit."""
    return Figure(name, value, unit, baseline, f">= {limit:g}", value >= limit)


def as_records(figures: list[Figure]) -> list[dict[str, Any]]:
    """Return the figures as JSON values."""
    return [asdict(figure) for figure in figures]


def memory_now() -> float:
    """Return what this process holds in MB; its peak where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return memory_peak()
    return pages * resource.getpagesize() / 1e6


def memory_peak() -> float:
    """Return the largest resident size of this process in MB (Linux counts it in kB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
