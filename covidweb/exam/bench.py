"""The project's own speed figures, beside the reference implementations, in one run.

Times depend on the machine; ratios of two times from the same run much less, so where there is a
reference (tf-keras-vis, one film at a time) the ratio is what counts.
"""

import os
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from covidweb.radiograph import Radiograph
    from covidweb.screening.screener import Screener

FILMS = 16
SIDE = 512


@dataclass(frozen=True)
class Figure:
    """One measurement.

    Attributes:
        name: what was measured.
        value: in `unit`.
        unit: `ms`, `s`, `MB` or `x` (a ratio).
        target: what it should reach, as text such as `<= 25`; empty where there is none.
        met: whether it does; None where there is no target.
    """

    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None


def measure(model: str = "default", films: int = FILMS, server: bool = True) -> Iterator[Figure]:
    """Yield the figures one by one, the slow ones last.

    Args:
        model: name of a bundle that screens films.
        films: size of the batch.
        server: also start the web app and wait for its first answer.

    Raises:
        ModelError: there is no such bundle.
    """
    from covidweb.screening import Screener

    drawn = [_film(seed) for seed in range(films)]
    start = time.perf_counter()
    screener = Screener.load(model)
    screener.screen(drawn[0])
    yield _at_most("First prediction, TensorFlow's import included", _since(start), "s", 15)
    yield from _single_and_batch(screener, drawn)
    yield from _heatmap(screener, drawn[0])
    yield from _lungs(drawn)
    yield from _intervals()
    yield _at_most("Peak memory of this process", _peak_memory(), "MB", 2000)
    if server:
        yield _at_most("Server start to first health answer", _server_start(), "s", 10)


def as_records(figures: list[Figure]) -> list[dict[str, Any]]:
    """Return the figures as JSON values."""
    return [asdict(figure) for figure in figures]


def _single_and_batch(screener: "Screener", films: list["Radiograph"]) -> Iterator[Figure]:
    screener.screen_many(films)
    single = _milliseconds(lambda: screener.screen(films[0]), 7)
    batch = _milliseconds(lambda: screener.screen_many(films), 3) / len(films)
    yield _at_most("One film, heatmap and zones included", single, "ms", 1000)
    yield Figure(f"One film in a batch of {len(films)}", batch, "ms")
    yield _at_least("Batch against single, films per second", single / batch, 1.2)


def _heatmap(screener: "Screener", film: "Radiograph") -> Iterator[Figure]:
    """Compare the heatmap that comes with the answer to a call of tf-keras-vis."""
    screener.explain(film, "gradcam")
    fast = _milliseconds(lambda: screener.screen(film), 7)
    slow = _milliseconds(lambda: screener.explain(film, "gradcam"), 3)
    yield Figure("Grad-CAM of tf-keras-vis, one film", slow, "ms")
    yield _at_least("tf-keras-vis Grad-CAM against our answer with Grad-CAM", slow / fast, 5.0)


def _lungs(films: list["Radiograph"]) -> Iterator[Figure]:
    from covidweb.bundle import list_bundles
    from covidweb.screening.lungs import LungFinder

    if "lungs" not in list_bundles(kinds=("lungs",)):
        return
    finder = LungFinder.load()
    finder.find(films)
    per_film = _milliseconds(lambda: finder.find(films), 3) / len(films)
    yield _at_most(f"Lungs, one film in a batch of {len(films)}", per_film, "ms", 25)


def _intervals() -> Iterator[Figure]:
    """Compare the AUC's grouped bootstrap to the same draws through scikit-learn."""
    from sklearn.metrics import roc_auc_score

    from covidweb.metrics import auc_interval, bootstrap

    rng = np.random.default_rng(0)
    labels, scores, groups = rng.random(1000) < 0.5, rng.random(1000), rng.integers(0, 500, 1000)

    def reference(index: np.ndarray) -> float:
        return float(roc_auc_score(labels[index], scores[index]))

    fast = _milliseconds(lambda: auc_interval(labels, scores, groups, 1000), 3)
    slow = _milliseconds(lambda: bootstrap(reference, groups, 50), 1) * 20
    yield Figure("AUC of 1,000 films with its interval, 1,000 draws", fast, "ms")
    yield _at_least("scikit-learn in a loop against our interval", slow / fast, 5.0)


def _server_start() -> float:
    """Start the app on a free port and return the seconds until it says that it is well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "covidweb", "serve", "--port", str(port)]
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=os.environ)
    try:
        while not _healthy(port):
            if process.poll() is not None or _since(start) > 60:
                return float("nan")
            time.sleep(0.02)
        return _since(start)
    finally:
        process.terminate()
        process.wait(20)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def _film(seed: int) -> "Radiograph":
    """Draw something like a chest: the speed of a network does not depend on what it sees."""
    from covidweb.radiograph import Radiograph

    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    film = 0.75 - 0.5 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    for centre in (0.3, 0.7):
        film = np.where(((x - centre) / 0.16) ** 2 + ((y - 0.47) / 0.33) ** 2 < 1, 0.28, film)
    noise = np.random.default_rng(seed).normal(0, 0.02, film.shape)
    pixels = np.clip(film + noise, 0, 1).astype(np.float32)
    return Radiograph(pixels, (SIDE, SIDE), f"{seed:064x}", "PNG", None, 0.0)


def _milliseconds(call: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(_since(start) * 1000)
    return median(times)


def _since(start: float) -> float:
    return time.perf_counter() - start


def _peak_memory() -> float:
    """Return the largest resident size of this process in MB (Linux counts it in kB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name, value, unit, f"<= {limit:g}", value <= limit)


def _at_least(name: str, value: float, limit: float) -> Figure:
    return Figure(name, value, "x", f">= {limit:g}", value >= limit)
