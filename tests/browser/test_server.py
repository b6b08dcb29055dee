"""The server as a deployment meets it: a full disk, foreign pages, visitors' commands, a stop."""

import re
import resource
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from browser.conftest import serving
from streamlit.proto.BackMsg_pb2 import BackMsg
from visitor import Visitor
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.browser

PATIENCE = 180
MIB = 2**20


class Poor(NamedTuple):
    """A server that can write to no file, and whoever its process asked over HTTP."""

    address: str
    asked: list[bytes]


def _write_nothing() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.fixture(scope="module")
def poor(browser_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poor]:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        threading.Thread(target=_listen, args=(proxy, asked), daemon=True).start()
        through = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
        options = {"stdout": subprocess.DEVNULL, "preexec_fn": _write_nothing}
        folder, variables = tmp_path_factory.mktemp("poor"), dict.fromkeys(names, through)
        with serving(folder, browser_models, variables=variables, **options) as (address, _):
            yield Poor(address, asked)


def _listen(proxy: socket.socket, asked: list[bytes]) -> None:
    while True:
        try:
            client, _ = proxy.accept()
        except OSError:
            return
        with client:
            asked.append(client.recv(200))


def _talk(address: str, origin: str | None) -> ClientConnection:
    url = address.replace("http", "ws") + "/_stcore/stream"
    return connect(url, origin=origin, subprotocols=["streamlit"], proxy=None)


def test_a_large_film_is_screened_where_no_file_can_be_written(poor: Poor, film_png) -> None:
    film = film_png(1, (1600, 1400))
    assert len(film) > MIB
    visitor = Visitor(poor.address, "screen", PATIENCE)
    visitor.upload("large.png", film)
    visitor.wait(lambda: visitor.answer() is not None)
    assert visitor.faults() == []
    visitor.close()


def test_a_foreign_page_is_refused_without_asking_anybody(poor: Poor) -> None:
    for origin in ("https://elsewhere.example", "null", "http://localhost:1"):
        with pytest.raises(InvalidStatus) as refused, _talk(poor.address, origin):
            pass
        assert refused.value.response.status_code == 403
    with _talk(poor.address, poor.address):
        pass
    assert poor.asked == []


def test_health_and_readiness(poor: Poor) -> None:
    for path, said in (("/healthz", b"ok"), ("/readyz", b"ready")):
        with urllib.request.urlopen(poor.address + path) as answer:
            assert (answer.status, answer.read()) == (200, said)
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_stop_closes_the_pages_and_ends_in_time(browser_models: Path, tmp_path: Path) -> None:
    with serving(tmp_path, browser_models) as (address, process), _talk(address, address) as page:
        rerun = BackMsg()
        rerun.rerun_script.query_string = ""
        page.send(rerun.SerializeToString())
        assert page.recv(timeout=60)
        process.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                page.recv(timeout=20)
        assert closed.value.rcvd is not None
        assert re.match("10(01|12)", str(closed.value.rcvd.code))
        assert process.wait(20) in (0, -15)
