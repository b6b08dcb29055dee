"""The guard around Streamlit: headers, foreign origins, and what a visitor may not ask for."""

import asyncio
import tempfile

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from streamlit import net_util
from streamlit.proto.BackMsg_pb2 import BackMsg

from covidweb.errors import DataError
from covidweb.views import launch
from covidweb.views.guard import HEADERS, Guard
from covidweb.views.launch import from_environment


async def _app(scope, receive, send):
    """Answer http with a header of its own; echo a websocket's messages until it leaves."""
    if scope["type"] == "http":
        headers = [(b"x-frame-options", b"DENY")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page"})
        return
    message = await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": message["bytes"]})


def _talk(kind, headers, *messages, origins=()):
    sent, waiting = [], list(messages)

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    asyncio.run(Guard(_app, lambda: origins)(scope, receive, send))
    return sent


def _socket(headers, *messages, origins=()):
    received = [{"type": "websocket.receive", "bytes": m} for m in messages]
    parts = [{"type": "websocket.connect"}, *received, {"type": "websocket.disconnect"}]
    return _talk("websocket", headers, *parts, origins=origins)


def test_every_answer_has_the_headers_and_keeps_its_own() -> None:
    start = _talk("http", {})[0]
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert headers.pop("x-frame-options") == "DENY"
    assert headers == {k.lower(): v for k, v in HEADERS.items() if k != "X-Frame-Options"}


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8501", "localhost:8501"),
        ("https://films.example", "films.example"),
        (None, "localhost:8501"),
        ("https://listed.example", "localhost:8501"),
    ],
)
def test_the_apps_own_pages_may_talk_to_it(origin, host) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    sent = _socket(headers, b"\x00", origins=("https://listed.example",))
    assert [m["type"] for m in sent] == ["websocket.accept", "websocket.send"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://elsewhere.example", "films.example"),
        ("http://localhost:9999", "localhost:8501"),
        ("null", "localhost:8501"),
        ("null", None),
        ("https://[broken", "localhost:8501"),
        ("", ""),
    ],
)
def test_a_foreign_page_is_refused_and_nobody_is_asked(origin, host, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *a, **k: asked.append(a))
    headers = {"origin": origin} | ({"host": host} if host is not None else {})
    assert _socket(headers) == [{"type": "websocket.close", "code": 1008}]
    assert asked == []


def test_a_visitor_cannot_clear_the_caches_of_all() -> None:
    clear, rerun = BackMsg(clear_cache=True), BackMsg()
    rerun.rerun_script.query_string = "film=a"
    rerun_bytes = rerun.SerializeToString()
    on_save = BackMsg(set_run_on_save=True).SerializeToString()
    sent = _socket({"host": "a"}, clear.SerializeToString(), rerun_bytes, on_save, b"\xff\xff")
    assert [m.get("bytes") for m in sent[1:]] == [rerun_bytes, b"\xff\xff"]


def test_a_deployment_sets_options_by_variables() -> None:
    assert from_environment({"COVIDWEB_HOSTS": " "}) == {}
    given = {"COVIDWEB_HOSTS": "films.example, localhost", "COVIDWEB_SESSION_SECONDS": "30"}
    assert from_environment(given) == {
        "server.allowedHosts": ["films.example", "localhost"],
        "server.disconnectedSessionTTL": 30,
    }
    with pytest.raises(DataError, match="whole number above 0"):
        from_environment({"COVIDWEB_SESSION_SECONDS": "-1"})


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (OSError(28, "No space left on device", "/runs/a.csv"), "no room left on the disk"),
        (OSError(30, "Read-only file system"), "Read-only file system"),
        (ConnectionError("refused"), "did not do what was asked"),
        (MemoryError(), "more memory than is free"),
        (KeyError("threshold"), "failed, and was logged"),
    ],
)
def test_whatever_a_page_raises_ends_in_a_sentence(error, shown, monkeypatch, caplog) -> None:
    said = []
    monkeypatch.setattr(launch.parts, "problem", said.append)
    assert launch.told(error)
    assert shown in said[0] and "/runs" not in said[0]
    assert ("A page failed" in caplog.text) == isinstance(error, KeyError)


def test_an_upload_never_becomes_a_temporary_file(monkeypatch) -> None:
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 1024)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *a, **k: pytest.fail("on the disk"))
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    body += bytes(3 * 2**20) + b"\r\n--b--\r\n"

    async def stream():
        yield body

    async def upload() -> int:
        async with launch._starting(None):
            headers = Headers({"content-type": "multipart/form-data; boundary=b"})
            form = await MultiPartParser(headers, stream()).parse()
            size = len(await form["f"].read())
            await form.close()
            return size

    assert asyncio.run(upload()) == 3 * 2**20
