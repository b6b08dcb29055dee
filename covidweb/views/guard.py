"""What stands between the network and Streamlit: headers, foreign pages, commands of visitors.

It is ASGI middleware and wraps Streamlit's own, so that nothing of Streamlit is changed.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

HEADERS = {
    # The pages load nothing from elsewhere; Streamlit and Plotly need inline styles, and blob: for
    # pictures, workers and components that they make in the browser.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # The address of a page may name a film.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Set on every answer that does not set them itself."""

REFUSED = ("clear_cache", "set_run_on_save")
"""Messages of a browser that would change the app for everybody; none of the pages sends them."""

_POLICY_VIOLATION = 1008


class Guard:
    """Sets `HEADERS`, and lets only the app's own pages talk to it.

    A websocket from a page of another origin is refused here. Streamlit would look first whether
    the origin is this machine's public address, and ask a server elsewhere what that is.
    """

    def __init__(self, app: ASGIApp, origins: Callable[[], Sequence[str]] = tuple) -> None:
        """Wrap an app; `origins` gives those allowed beside its own, as `https://films.example`."""
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on, or refuse it."""
        if scope["type"] == "http":
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] != "websocket":
            await self._app(scope, receive, send)
        elif self._own(Headers(scope=scope)):
            await self._app(scope, _without_commands(receive), send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    def _own(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        # Only a browser sends an origin, and every browser does.
        return (
            origin is None or origin in self._origins() or _host(origin) == headers.get("host", "")
        )


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _without_commands(receive: Receive) -> Receive:
    async def receiving() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or not _refused(message.get("bytes")):
                return message

    return receiving


def _refused(data: Any) -> bool:
    if not isinstance(data, bytes):
        return False
    try:
        return BackMsg.FromString(data).WhichOneof("type") in REFUSED
    except Exception:
        # Not a message at all: Streamlit says so itself.
        return False
