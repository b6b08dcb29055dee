"""The Screeners that a process has loaded: each once, whoever asks, also ahead of need."""

import contextlib
import threading
from concurrent.futures import Future

from covidweb.bundle import read_bundle
from covidweb.radiograph import Limits
from covidweb.screening.screener import Screener

_lock = threading.Lock()
_loaded: dict[tuple[str, str], "Future[Screener]"] = {}


def screener(name: str) -> Screener:
    """Return the bundle's Screener, loaded once per process; waits while another thread loads it.

    Raises:
        ModelError: no such bundle, or its weights do not match its card.
    """
    key = (name, read_bundle(name).sha256)
    most = Limits().screeners
    with _lock:
        known = _loaded.get(key)
        mine = Future[Screener]() if known is None else known
        _loaded[key] = mine
        # The one loaded first goes first.
        while len(_loaded) > most:
            _loaded.pop(next(iter(_loaded)))
    if known is None:
        _load(key, mine)
    return mine.result()


def warm(name: str, sha256: str) -> None:
    """Load a bundle's Screener in the background; a failure is told to whoever asks for it."""
    with _lock:
        known = (name, sha256) in _loaded
    if not known:
        threading.Thread(target=_quietly, args=(name,), name=f"load-{name}", daemon=True).start()


def _load(key: tuple[str, str], future: "Future[Screener]") -> None:
    try:
        future.set_result(Screener.load(key[0]))
    except BaseException as error:
        with _lock:
            if _loaded.get(key) is future:
                del _loaded[key]
        future.set_exception(error)


def _quietly(name: str) -> None:
    with contextlib.suppress(Exception):
        screener(name)
