"""Streamlit's own scripts and styles, packed once and kept: the chart library alone has 4.7 MB.

Streamlit leaves them unpacked, since its middleware would pack them anew for every visitor.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PACKED = (".js", ".css")
LEAST = 1024
"""Bytes under which packing is not worth it."""


class Packed:
    """Packs scripts and styles below `/static/` for browsers that unpack gzip."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        """Wrap an app which serves the files of `folder` at `/static/`."""
        self._app, self._folder = app, folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a file's answer keeps its headers and gets the packed body."""
        file = self._file(scope) if scope["type"] == "http" else None
        if file is None:
            await self._app(scope, receive, send)
            return
        body = await run_in_threadpool(_packed, file, file.stat().st_mtime_ns)
        await self._app(scope, receive, _Answer(send, body))

    def _file(self, scope: Scope) -> Path | None:
        headers = Headers(scope=scope)
        _, mark, rest = scope["path"].partition("/static/")
        wanted = scope["method"] == "GET" and mark and rest.endswith(PACKED)
        if not wanted or "gzip" not in headers.get("accept-encoding", "") or "range" in headers:
            return None
        file = (self._folder / rest).resolve()
        inside = file.is_relative_to(self._folder) and file.is_file()
        return file if inside and file.stat().st_size >= LEAST else None


class _Answer:
    """Sends an answer on, with another body where it is the whole file."""

    def __init__(self, send: Send, body: bytes) -> None:
        self._send, self._body, self._whole = send, body, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            self._whole = message["status"] == 200 and "content-encoding" not in headers
            if self._whole:
                headers["content-encoding"] = "gzip"
                headers["content-length"] = str(len(self._body))
                headers.add_vary_header("accept-encoding")
            await self._send(message)
        elif not self._whole:
            await self._send(message)
        elif not message.get("more_body"):
            await self._send({"type": "http.response.body", "body": self._body})


@lru_cache(maxsize=256)
def _packed(file: Path, changed: int) -> bytes:
    """Return a file as gzip; `changed` tells its versions apart."""
    return gzip.compress(file.read_bytes(), 9, mtime=0)
