"""Small files that would take much, uploaded as a reader uploads them: what the server takes."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from browser.conftest import ROOT, serving
from radiograph.test_bombs import SAID
from visitor import Visitor

from covidweb.simulate import sample_film

pytestmark = pytest.mark.browser

MOST_MIB = 2_000
PATIENCE = 300
BOMBS = (
    "zip_of_bzip2",
    "zip_of_lzma",
    "webp_header",
    "webp_under_the_pixel_limit",
    "dicom_wavelet",
    "dicom_runs_with_a_sigmoid",
    "jpeg_of_scans",
    "dicom_of_fragments",
)


class Server(NamedTuple):
    """The app, and the most memory that it and its children held so far, in MiB.

    `peaks` has one value. Each process counts with its own highest, so that no moment is missed.
    """

    address: str
    peaks: list[float]


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bombs")
    maker = ROOT / "tests" / "radiograph" / "bombs.py"
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(maker.parent)])}
    subprocess.run(
        [sys.executable, str(maker), "--make", str(folder)], check=True, env=os.environ | paths
    )
    return folder


@pytest.fixture(scope="module")
def server(browser_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with its networks loaded, which count as well."""
    done = threading.Event()
    peaks = [0.0]
    with serving(tmp_path_factory.mktemp("bombed"), browser_models) as (address, process):

        def watch() -> None:
            while not done.wait(0.1):
                peaks[:] = [max(held_mib(process.pid), *peaks)]

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        screen(address)
        yield Server(address, peaks)
        done.set()
        watcher.join()


def held_mib(process: int) -> float:
    """Return the most that a process and the children it has now ever held, added up, in MiB."""
    own = Path(f"/proc/{process}")
    children = " ".join(path.read_text() for path in own.glob("task/*/children")).split()
    return sum(_peak(Path(f"/proc/{number}/status")) for number in (process, *children))


def _peak(status: Path) -> float:
    try:
        found = re.search(r"^VmHWM:\s+(\d+)", status.read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def screen(address: str) -> None:
    visitor = Visitor(address, "screen", PATIENCE)
    visitor.upload("film.png", sample_film(0).png())
    visitor.wait(lambda: visitor.answer() is not None)
    assert visitor.faults() == []
    visitor.close()


def shows(visitor: Visitor, pattern: str) -> bool:
    return any(re.search(pattern, text) for text in visitor.texts())


@pytest.mark.parametrize("name", BOMBS)
def test_an_uploaded_bomb_gets_its_sentence(server: Server, bombs: Path, name: str) -> None:
    visitor = Visitor(server.address, "screen", PATIENCE)
    visitor.upload(name, (bombs / name).read_bytes())
    visitor.wait(lambda: shows(visitor, SAID[name]))
    assert visitor.faults() == []
    visitor.close()
    assert 0 < server.peaks[0] < MOST_MIB


def test_all_bombs_at_once_leave_room_and_the_next_film_is_screened(
    server: Server, bombs: Path
) -> None:
    visitors = [Visitor(server.address, "screen", PATIENCE) for _ in BOMBS]
    for visitor, name in zip(visitors, BOMBS, strict=True):
        visitor.upload(name, (bombs / name).read_bytes())
    for visitor, name in zip(visitors, BOMBS, strict=True):
        visitor.wait(lambda v=visitor, n=name: shows(v, SAID[n]))
        visitor.close()
    screen(server.address)
    assert 0 < server.peaks[0] < MOST_MIB
    print(f"Most memory of the server and its children: {server.peaks[0]:,.0f} MiB")
