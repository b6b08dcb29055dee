"""Silence the decoders' warnings, safely with several threads at work.

`warnings.catch_warnings` restores the filters of whoever entered last; with two threads
overlapping, one of them can leave the filters silenced for good. Here the first to enter saves
them and the last to leave puts them back.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_catcher: warnings.catch_warnings | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore every warning while any thread is inside."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _catcher
    with _lock:
        if _inside == 0:
            _catcher = warnings.catch_warnings()
            _catcher.__enter__()
            warnings.simplefilter("ignore")
        _inside += 1


def _leave() -> None:
    global _inside, _catcher
    with _lock:
        _inside -= 1
        if _inside == 0 and _catcher is not None:
            _catcher.__exit__(None, None, None)
            _catcher = None
