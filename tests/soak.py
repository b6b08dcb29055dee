"""Several visitors at once for some minutes: `make soak SESSIONS=8 MINUTES=5`.

Each screens one simulated film after the other and looks whether the answer is its film's. What
comes out: answers, errors, mix-ups, the time from the upload to the answer, and how the server's
memory grows after a warm-up. Exit status 1 where it is not as it should be.
"""

import argparse
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import requests
from scipy.stats import theilslopes
from visitor import Visitor

MOST_GROWTH = 1.0
"""MB a minute after the warm-up."""

_FILMS = 4
_STAY = 5
_PAUSE = (0.5, 1.5)
# A slow answer counts by its time; only one that never comes is an error.
_PATIENCE = 600.0
_SAMPLE_SECONDS = 2.0
_FLOOR_SECONDS = 15.0
_OTHER_PAGES = ("", "training", "dataset", "model_card")
# Sessions of those who left are let go after this time, so that a short run sees it.
_LEFT_SECONDS = "20"


@dataclass
class Tally:
    """What all visitors found; guarded by `lock`."""

    errors: list[str] = field(default_factory=list)
    mixed_up: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float, wrong: str) -> None:
        """Count an answer; `wrong` says what was not as it should be."""
        with self.lock:
            self.seconds.append(seconds)
            if wrong:
                self.mixed_up.append(wrong)

    def fail(self, sentence: str) -> None:
        """Count an error."""
        with self.lock:
            self.errors.append(sentence)


@dataclass(frozen=True)
class Found:
    """The outcome of a run; megabytes are 10^6 bytes."""

    sessions: int
    minutes: float
    answers: int
    errors: list[str]
    mixed_up: list[str]
    seconds_median: float
    seconds_p95: float
    memory_mb: float
    memory_mb_per_minute: float

    @property
    def good(self) -> bool:
        """Whether nothing went wrong and the memory stays."""
        clean = bool(self.answers) and not self.errors and not self.mixed_up
        return clean and self.memory_mb_per_minute < MOST_GROWTH


def marked(png: bytes, text: str) -> bytes:
    """Return a PNG with a text chunk, so that its bytes are nobody else's."""
    body = b"tEXt" + b"Comment\0" + text.encode("latin-1")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:-12] + chunk + png[-12:]


def slope(times: np.ndarray, megabytes: np.ndarray) -> float:
    """Return by how much the least that is held grows per minute; `times` in seconds.

    What a film takes while it is read counts only where it stays: of every `_FLOOR_SECONDS` the
    smallest sample is taken, and of the lines through any two of these the one in the middle.
    """
    windows = times // _FLOOR_SECONDS
    floors = [megabytes[windows == window].min() for window in np.unique(windows)]
    if len(floors) < 3:
        return 0.0
    return float(theilslopes(floors, np.unique(windows) * _FLOOR_SECONDS / 60).slope)


def visit(
    number: int,
    address: str,
    films: dict[str, bytes],
    known: dict[str, str],
    until: float,
    tally: Tally,
) -> None:
    """Screen films until the time has come; a new session after every few of them."""
    rng, turn = np.random.default_rng(number), 0
    names = list(films)
    while time.monotonic() < until:
        try:
            visitor = Visitor(address, "screen", _PATIENCE)
            try:
                for _ in range(_STAY):
                    name = names[(number + turn) % len(names)]
                    screen(visitor, number, turn, name, films[name], known[name], tally)
                    turn += 1
                    time.sleep(rng.uniform(*_PAUSE))
                    if time.monotonic() > until:
                        break
            finally:
                visitor.close()
            Visitor(address, _OTHER_PAGES[turn % len(_OTHER_PAGES)], _PATIENCE).close()
        except Exception as error:
            tally.fail(f"visitor {number}, film {turn}: {type(error).__name__}: {error}")
            time.sleep(1)


def screen(
    visitor: Visitor, number: int, turn: int, name: str, film: bytes, known: str, tally: Tally
) -> None:
    """Screen one film, and compare what the page shows with what is known."""
    own = f"visitor{number}-turn{turn}-{name}"
    start = time.monotonic()
    visitor.upload(own, marked(film, own))
    visitor.wait(lambda: shows(visitor, own) and visitor.answer() is not None)
    taken = time.monotonic() - start
    words = " ".join(visitor.texts())
    others = [n for n in range(100) if n != number and f"visitor{n}-" in words]
    wrong = "" if visitor.answer() == known else f"{own}: {visitor.answer()}, not {known}"
    tally.add(taken, wrong or (f"{own} beside films of {others}" if others else ""))
    for fault in visitor.faults():
        tally.fail(f"{own}: {fault}")


def shows(visitor: Visitor, name: str) -> bool:
    """Tell whether the page is about a film."""
    return any(name in text.replace("\\", "") for text in visitor.texts())


def alone(address: str, films: dict[str, bytes]) -> dict[str, str]:
    """Return the answers that a single visitor gets."""
    known = {}
    for name, film in films.items():
        visitor = Visitor(address, "screen", _PATIENCE)
        visitor.upload(name, film)
        visitor.wait(lambda v=visitor: v.answer() is not None)
        known[name] = str(visitor.answer())
        visitor.close()
    return known


def memory(process: int) -> float:
    """Return what a process holds, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(address: str, process: int, sessions: int, minutes: float) -> Found:
    """Let visitors work on a server that runs; the first half of the time is the warm-up."""
    from covidweb.simulate import sample_film

    films = {f"film{index}.png": sample_film(index).png() for index in range(_FILMS)}
    known = alone(address, films)
    tally, start = Tally(), time.monotonic()
    until = start + 60 * minutes
    threads = [
        threading.Thread(target=visit, args=(n, address, films, known, until, tally), daemon=True)
        for n in range(sessions)
    ]
    for thread in threads:
        thread.start()
    samples = []
    while time.monotonic() < until:
        samples.append((time.monotonic() - start, memory(process)))
        time.sleep(_SAMPLE_SECONDS)
    for thread in threads:
        thread.join(_PATIENCE)
    times, held = np.array(samples).T
    late = times > 30 * minutes
    taken = np.array(tally.seconds or [0.0])
    return Found(
        sessions,
        minutes,
        len(tally.seconds),
        tally.errors[:20],
        tally.mixed_up[:20],
        round(float(np.median(taken)), 3),
        round(float(np.quantile(taken, 0.95)), 3),
        round(float(held[-1]), 1),
        round(slope(times[late], held[late]), 2),
    )


def main() -> None:
    """Start a server of its own, and print the outcome as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=5)
    given = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = os.environ | {"COVIDWEB_SESSION_SECONDS": _LEFT_SECONDS}
    command = [sys.executable, "-m", "covidweb", "serve", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
        try:
            address = f"http://localhost:{port}"
            ready(address, server)
            found = soak(address, server.pid, given.sessions, given.minutes)
        finally:
            server.terminate()
            server.wait(30)
    print(json.dumps(asdict(found) | {"good": found.good}, indent=1))
    sys.exit(not found.good)


def ready(address: str, server: subprocess.Popen) -> None:
    """Wait until the server could screen a film. Raises RuntimeError when it stops instead."""
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError("The server stopped before it was ready.")
        try:
            if requests.get(f"{address}/readyz", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise RuntimeError("The server did not become ready.")


if __name__ == "__main__":
    main()
