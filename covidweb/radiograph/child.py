"""Decodes films in a process of its own, under resource limits; run by `apart`, never imported.

A request is a line of JSON and the file's bytes, the answer a line of JSON and the film's float32
pixels. A decoder that crashes, hangs or eats memory ends this process and no other.
"""

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

# Imported before there is a film, whose time and memory are counted.
import covidweb.radiograph.dicom  # noqa: F401
from covidweb.errors import ImageError
from covidweb.radiograph.budget import on_claim
from covidweb.radiograph.decode import decode
from covidweb.radiograph.limits import MIB, Limits

_ROOM = 160 * MIB
"""Beside the film's own memory: the file, and libraries that are loaded when first used."""

_seconds = 0.0


def _main() -> None:
    requests, answers = sys.stdin.buffer, _private_output()
    _limit("RLIMIT_CORE", 0)
    on_claim(_grant)
    start = _virtual_bytes()
    while line := requests.readline():
        request = json.loads(line)
        os.environ.update(request["environment"])
        _prepare(start)
        _answer(requests.read(request["bytes"]), request["kind"], answers)
        # What a decoder has leaked must not count against the next film.
        if _virtual_bytes() > start + 2 * _ROOM:
            return


def _private_output() -> BinaryIO:
    """Return standard output for the answers alone: the decoders' chatter goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _prepare(start: int) -> None:
    global _seconds
    limits = Limits()
    _seconds = _used() + limits.decode_seconds
    _limit("RLIMIT_CPU", int(_seconds))
    if start:
        _limit("RLIMIT_AS", start + limits.decode_bytes + _ROOM)


def _grant(fair: float) -> None:
    _limit("RLIMIT_CPU", int(_seconds + fair))


def _answer(data: bytes, kind: str, answers: BinaryIO) -> None:
    try:
        pixels, facts = decode(data, kind)
    except ImageError as error:
        _send({"error": str(error)}, answers)
        return
    height, width = pixels.grey.shape
    said: dict[str, Any] = {"width": width, "height": height, "chroma": pixels.chroma}
    _send({**said, "facts": facts._asdict()}, answers)
    for row in range(0, height, 256):
        answers.write(pixels.grey[row : row + 256].astype("<f4").tobytes())
    answers.flush()


def _send(said: Mapping[str, Any], answers: BinaryIO) -> None:
    answers.write(json.dumps(said).encode() + b"\n")
    answers.flush()


def _limit(name: str, value: int) -> None:
    """Set a soft limit, where the system has it; it may be raised again for the next film."""
    with contextlib.suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def _used() -> float:
    with contextlib.suppress(ImportError):
        import resource

        spent = resource.getrusage(resource.RUSAGE_SELF)
        return spent.ru_utime + spent.ru_stime
    return 0.0


def _virtual_bytes() -> int:
    """Return the size of this process's address space, 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 0


if __name__ == "__main__":
    _main()
