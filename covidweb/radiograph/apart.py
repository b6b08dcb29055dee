"""Decoding apart: in child processes under resource limits, at most a few for all sessions.

Small pictures of simple formats are decoded right here; everything else goes to a child, which
stays for the next film and is replaced when it dies.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from covidweb.errors import ImageError
from covidweb.radiograph.budget import FINISHED, fair_seconds
from covidweb.radiograph.decode import broken, decode, no_memory
from covidweb.radiograph.facts import Facts
from covidweb.radiograph.limits import Limits, limits_table
from covidweb.radiograph.picture import Pixels, claim_stated
from covidweb.radiograph.sizes import Stated, stated_size

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 30
"""Seconds of waiting for each second of processor time: the machine may be busy."""

_lock = threading.Lock()
_idle: list["_Child"] = []
_busy = 0
_freed = threading.Condition(_lock)


def decode_safely(data: bytes, kind: str) -> tuple[Pixels, Facts]:
    """Decode a file, whatever it holds, within the limits on memory and time.

    Raises:
        ImageError: it gives no film, or takes too much memory or time.
    """
    stated = stated_size(data, kind)
    if stated is not None:
        claim_stated(stated, kind)
    with _slot():
        if stated is not None and _is_simple(stated):
            return decode(data, kind)
        return _in_child(data, kind)


def stop() -> None:
    """End the children that wait for films; the next film starts a new one."""
    with _lock:
        children, _idle[:] = _idle[:], []
    for child in children:
        child.close()


def pids() -> list[int]:
    """Return the process ids of the children that wait for films."""
    with _lock:
        return [child.pid for child in _idle]


def _is_simple(stated: Stated) -> bool:
    needed = stated.width * stated.height * (stated.samples * 2 + FINISHED)
    return stated.is_plain and needed <= Limits().here_bytes


@contextmanager
def _slot() -> Iterator[None]:
    """Wait until fewer than `Limits.decoders` films are being decoded."""
    global _busy
    with _freed:
        while _busy >= Limits().decoders:
            _freed.wait()
        _busy += 1
    try:
        yield
    finally:
        with _freed:
            _busy -= 1
            _freed.notify()


def _in_child(data: bytes, kind: str) -> tuple[Pixels, Facts]:
    answer = None
    while answer is None:
        with _lock:
            waiting = _idle.pop() if _idle else None
        if waiting is not None and not waiting.is_alive():
            waiting.close()
            continue
        child = waiting or _Child()
        try:
            answer = child.decode(data, kind)
        except _Died as death:
            child.close()
            # One that has grown leaves after its film, which does not show at once.
            if waiting is None or not death.left:
                raise ImageError(death.reason(data, kind)) from death
    with _lock:
        _idle.append(child)
    if isinstance(answer, str):
        raise ImageError(answer)
    return answer


class _Died(Exception):
    """The child ended before it answered."""

    def __init__(self, code: int, late: bool) -> None:
        super().__init__(code)
        self._code, self._late = code, late

    @property
    def left(self) -> bool:
        """Whether it ended by itself and in order."""
        return self._code == 0 and not self._late

    def reason(self, data: bytes, kind: str) -> str:
        """Return what the reader is told."""
        if self._late or -self._code == getattr(signal, "SIGXCPU", None):
            return (
                "This picture takes too long to read and was stopped: at most "
                f"{Limits().decode_seconds} s of processor time beyond that of a usual film of "
                "its size are accepted."
            )
        # Nobody else kills it but a system that is out of memory.
        if -self._code == getattr(signal, "SIGKILL", None):
            return no_memory()
        return broken(kind, data)


class _Child:
    def __init__(self) -> None:
        self._late = False
        quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "covidweb.radiograph.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **quiet},
            )
        except OSError as error:
            raise ImageError(
                f"This file cannot be read now: no decoder could be started ({error.strerror})."
            ) from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End the process and wait for it."""
        self._process.communicate()

    def decode(self, data: bytes, kind: str) -> tuple[Pixels, Facts] | str:
        """Return the film, or the sentence why there is none. Raises _Died."""
        patience = _PATIENCE * (Limits().decode_seconds + fair_seconds(10**9))
        watch = threading.Timer(patience, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            self._ask(data, kind)
            return self._answer()
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise _Died(self._end(), self._late) from error
        finally:
            watch.cancel()

    def _give_up(self) -> None:
        self._late = True
        self._process.kill()

    def _end(self) -> int:
        """Return how the process ended; its pipes close a little before, and it may be stuck."""
        try:
            return self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return 1

    def _ask(self, data: bytes, kind: str) -> None:
        assert self._process.stdin is not None
        variables = [variable for variable, _, _ in limits_table()]
        environment = {name: os.environ.get(name, "") for name in variables}
        request = {"kind": kind, "bytes": len(data), "environment": environment}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _answer(self) -> tuple[Pixels, Facts] | str:
        """Read the answer; whatever does not look like one raises: the child is not trusted."""
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline(1 << 16))
        if "error" in said:
            return str(said["error"])
        width, height = int(said["width"]), int(said["height"])
        if not 0 < width * height <= Limits().pixels:
            raise ValueError("not a film's size")
        grey = np.empty((height, width), "<f4")
        view, filled = memoryview(grey.reshape(-1).view(np.uint8).data), 0
        while filled < len(view):
            count = self._process.stdout.readinto(view[filled:])  # type: ignore[attr-defined]
            if not count:
                raise EOFError("the film breaks off")
            filled += count
        return Pixels(grey, float(said["chroma"])), Facts(**said["facts"])
