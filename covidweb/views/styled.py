"""The page's measures in the very file that a browser loads first.

What Streamlit learns of them from a page's script comes after it has drawn: everything would jump.
"""

from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A film is looked at, and wants the room. Named twice, since Streamlit's own rule comes later.
STYLE = (
    b"<style>.stMainBlockContainer.stMainBlockContainer"
    b"{padding: 4.5rem 2rem 4rem; max-width: none}"
    b"@media (max-width: 640px)"
    b"{.stMainBlockContainer.stMainBlockContainer {padding: 4rem 1rem}}"
    # What only works in the background takes no room.
    b".st-key-tab_token.st-key-tab_token, .st-key-dropzone.st-key-dropzone"
    b"{position: absolute; width: 1px}"
    # Films may also be dropped; how large they may be is said above, for a film and for a ZIP.
    b"@media (min-width: 641px)"
    b"{section[data-testid=stFileUploaderDropzone] {min-height: 6rem; align-items: center}}"
    b"section > [data-testid=stFileUploaderDropzoneInstructions] > * {display: none}"
    b"section > [data-testid=stFileUploaderDropzoneInstructions]::after"
    b"{content: 'or drop them here'; font-size: 0.875rem}"
    b"@media (pointer: coarse)"
    b"{section > [data-testid=stFileUploaderDropzoneInstructions] {display: none}}"
    # On a narrow screen a chart's tools would lie over its legend.
    b"@media (max-width: 640px) {.js-plotly-plot .modebar-container {display: none}}"
    # What is drawn late, one below the other on a phone, has its room from the first.
    b":is(.st-key-model_choice, .st-key-label, .st-key-set, .st-key-split, .st-key-source)"
    b".stElementContainer {min-height: 4.25rem}"
    b"@media (max-width: 640px) {.st-key-screen_tools {min-height: 5rem}}"
    b"[class*=st-key-tiles_] {min-height: 6.5rem}"
    b"@media (max-width: 480px)"
    b"{.st-key-training_section.stElementContainer {min-height: 8.25rem}}"
    # The place for films on the home page is drawn in several steps.
    b".st-key-home_door {min-height: 11.25rem}</style>"
)
_PACKING = b"accept-encoding"


class Styled:
    """Puts `STYLE` into Streamlit's `index.html`, by whatever address it is asked for."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        """Wrap an app which serves the `index.html` of `folder`."""
        self._app, self._plain = app, (folder / "index.html").read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; an answer that is the file gets the style, others stay."""
        if scope["type"] == "http" and scope["method"] == "GET" and _for_a_page(scope):
            # Packed it could not be told from others, and it is small.
            plain = [(name, value) for name, value in scope["headers"] if name != _PACKING]
            scope = {**scope, "headers": plain}
            send = _Answer(send, self._plain)
        await self._app(scope, receive, send)


def _for_a_page(scope: Scope) -> bool:
    return "text/html" in Headers(scope=scope).get("accept", "")


class _Answer:
    """Sends an answer on, held back while it may be the file."""

    def __init__(self, send: Send, plain: bytes) -> None:
        self._send, self._plain = send, plain
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._may_be(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    def _may_be(self, message: Message) -> bool:
        headers = MutableHeaders(raw=message["headers"])
        return message["status"] == 200 and headers.get("content-length") == str(len(self._plain))

    async def _finish(self, start: Message) -> None:
        same = self._body == self._plain
        body = self._body.replace(b"</head>", STYLE + b"</head>", 1) if same else self._body
        MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
