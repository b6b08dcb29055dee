"""Starts: the package, the help, one film by a fresh process, and the server."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from covidweb.exam.bench.figures import Figure, at_most, milliseconds, pairs
from covidweb.exam.bench.films import write_films


def figures(model: str) -> Iterator[Figure]:
    """Measure each start beside the least that it could take."""
    yield at_most("import covidweb", _process("-c", "import covidweb"), "s", 0.3)
    yield at_most("covidweb --help", _process("-m", "covidweb", "--help"), "s", 0.3)
    with tempfile.TemporaryDirectory() as folder:
        film = str(write_films(Path(folder), 1)[0])
        cold = pairs(
            lambda: _run("-m", "covidweb", "predict", film, "--model", model),
            lambda: _run("-c", "import tensorflow, keras"),
            3,
        )
    yield Figure("One film by a fresh process", cold.ours_ms / 1000, "s")
    baseline = "importing TensorFlow and Keras in one"
    yield at_most("One film by a fresh process", cold.ratio, "x", 0.5, baseline)
    yield at_most("Server start to first health answer", _server_start(), "s", 5)


def _process(*words: str) -> float:
    return min(milliseconds(lambda: _run(*words)) for _ in range(5)) / 1000


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True)


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
            if process.poll() is not None or time.perf_counter() - start > 60:
                return float("nan")
            time.sleep(0.02)
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(20)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False
