"""`predict --engine ray`: the same records from many Screeners, by Ray Data.

Each worker keeps one Screener and screens blocks of films; Ray starts a worker that dies again and
repeats its blocks. Records come back in input order, so that only this process writes the output
and a stopped run goes on as with the local engine.
"""

import json
import logging
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

from covidweb.commands.job import Item, Job
from covidweb.errors import DataError

BLOCK = 64
"""Films that a worker gets at a time, and repeats where it dies."""

CORES = 2
"""Cores that one worker takes where there is no GPU."""


class Worker:
    """One Screener at work; Ray makes it once in each of its actors."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._screener = job.load()

    def __call__(self, block: dict[str, Any]) -> dict[str, Any]:
        """Return the records, as JSON, of items that `_row` packed."""
        from ray import cloudpickle

        items = [cloudpickle.loads(bytes(item)) for item in block["item"]]
        records = self._job.records(items, lambda: self._screener)
        return {"record": [json.dumps(record) for record in records]}


def records(job: Job, items: Sequence[Item], workers: int | None) -> Iterator[dict[str, Any]]:
    """Screen the items on Ray and yield their records, in order.

    Ray runs on this machine, or where `RAY_ADDRESS` says.

    Args:
        job: what to do with each.
        items: the films; files must be found under the same names on every machine.
        workers: Screeners at work; by default one for each GPU, else for `CORES` cores.

    Raises:
        DataError: Ray is not installed, or a worker cannot work, for instance because the bundle
            is missing or has other weights on its machine.
    """
    if not items:
        return
    ray = _ray()
    joined = ray.is_initialized()
    if not joined:
        ray.init(log_to_driver=False, logging_level="ERROR")
    try:
        for row in _table(ray, job, items, workers).iter_rows():
            yield json.loads(row["record"])
    except ray.exceptions.RayError as error:
        said = [line for line in str(error).splitlines() if line.strip()]
        raise DataError(f"Ray could not screen the films: {said[-1].strip()}") from error
    finally:
        if not joined:
            ray.shutdown()


def _table(ray: Any, job: Job, items: Sequence[Item], workers: int | None) -> Any:
    found = ray.cluster_resources()
    gpus = int(found.get("GPU", 0))
    count = workers or gpus or max(1, int(found.get("CPU", 1)) // CORES)
    blocks = max(1, math.ceil(len(items) / BLOCK))
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    return ray.data.from_items(
        [_row(ray, item) for item in items], override_num_blocks=blocks
    ).map_batches(
        Worker,
        fn_constructor_args=(job,),
        batch_size=None,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=min(count, blocks)),
        num_gpus=min(1.0, gpus / count) if gpus else None,
        num_cpus=None if gpus else min(CORES, float(found.get("CPU", 1)) / count),
    )


def _row(ray: Any, item: Item) -> dict[str, bytes]:
    return {"item": ray.cloudpickle.dumps(item)}


def _ray() -> Any:
    # Ray looks for a newer version and reports its use, unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise DataError(
            "The engine ray needs Ray Data: install requirements-cluster.txt."
        ) from error
    # Its own notes would stand among the records.
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    return ray
