"""Films side by side: parts of a batch, each on one core.

A large batch that TensorFlow shares out layer by layer waits at every layer for the slowest core,
and what its layers write no longer fits the caches. Two films on one core take a third less time.
LiteRT takes film by film in any case; there a batch has several parts for each core, so that one
that was held up by other work does not keep all waiting.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

FILMS = 2
"""Films of one part, for TensorFlow."""

PARTS = 4
"""Parts of a batch for each core, for a function that takes film by film."""


def side_by_side(
    run: Callable[[np.ndarray], Any], films: int | None = FILMS, on_host: bool = False
) -> Callable[[np.ndarray], Any]:
    """Return a function that runs parts of a batch at once, on as many cores as there are.

    Where TensorFlow has a GPU, and where the process has one core only, a batch stays whole.

    Args:
        run: from (N, ...) to an array (N, ...) or a dict of such; may be called from any thread.
        films: of one part; None gives each core `PARTS`, for a function that takes film by film.
        on_host: `run` uses the CPU, whatever else the machine has.

    Returns:
        The same function of any number of films; its answers are joined in order.
    """

    def parted(batch: np.ndarray) -> Any:
        size = films or -(-len(batch) // (PARTS * cores()))
        if len(batch) <= size or cores() == 1 or (not on_host and _gpu()):
            return run(batch)
        parts = [batch[i : i + size] for i in range(0, len(batch), size)]
        return _joined(list(_pool().map(run, parts)))

    return parted


def cores() -> int:
    """Return on how many cores this process may run."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _joined(found: list[Any]) -> Any:
    if isinstance(found[0], dict):
        return {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    return np.concatenate(found)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "lane")


@cache
def _gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
