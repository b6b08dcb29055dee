"""Progress bars: shown on a terminal, silent elsewhere."""

from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterable[T]:
    """Yield `items`, drawing a bar on stderr when it is a terminal."""
    bar: Iterable[T] = tqdm(items, desc=description, total=total, disable=None, leave=False)
    return bar
