"""A visitor of the app without a browser: Streamlit's own messages over its websocket.

It does what a browser does: opens a page, uploads into the page's uploader, reruns fragments as
often as they ask, and keeps the elements that the page would show.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

_XSRF = "_streamlit_xsrf"
_ANSWER = re.compile(r"Probability of COVID-19[^*]*\*\*([^*]+)\*\*")


class Visitor:
    """One browser session; close it when done.

    Attributes:
        elements: what the page shows, by place.
    """

    def __init__(self, address: str, page: str = "", seconds: float = 60) -> None:
        """Open a page, as `screen`, and wait until it is drawn."""
        self.elements: dict[tuple[int, ...], Element] = {}
        self._address, self._page, self._seconds = address, page, seconds
        self._states: dict[str, WidgetState] = {}
        self._again: dict[str, float] = {}
        self._finished, self._hash = False, ""
        self._urls: FileURLs | None = None
        found = requests.get(f"{address}/_stcore/health", timeout=seconds)
        self._token = found.cookies[_XSRF]
        url = f"ws://{urlsplit(address).netloc}/_stcore/stream"
        self._left = ExitStack()
        self._socket = self._left.enter_context(
            connect(
                url,
                origin=address,
                subprotocols=["streamlit", self._token],
                additional_headers={"Cookie": f"{_XSRF}={self._token}"},
                max_size=None,
                proxy=None,
            )
        )
        self.run()
        self.wait(lambda: self._finished)

    def close(self) -> None:
        """Leave, as closing the tab does."""
        self._left.close()

    def texts(self) -> Iterator[str]:
        """Yield the words that the page shows."""
        for element in list(self.elements.values()):
            kind = element.WhichOneof("type")
            shown = getattr(element, str(kind))
            yield getattr(shown, "body", "") or getattr(shown, "message", "")

    def faults(self) -> list[str]:
        """Return the page's exceptions and red boxes."""
        found = [e for e in self.elements.values() if e.WhichOneof("type") == "exception"]
        return [e.exception.message or e.exception.type for e in found]

    def answer(self) -> str | None:
        """Return the probability that the page shows, as it is written there."""
        return next((m[1] for m in map(_ANSWER.search, self.texts()) if m), None)

    def run(self, fragment: str = "") -> None:
        """Ask for a run of the page, or of one of its fragments."""
        message = BackMsg()
        state = message.rerun_script
        # The name is for the first run only, which tells the page's hash.
        state.page_name, state.page_script_hash = "" if self._hash else self._page, self._hash
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        state.widget_states.widgets.extend(self._states.values())
        self._finished = False
        self._socket.send(message.SerializeToString())

    def upload(self, name: str, data: bytes) -> None:
        """Put one file into the page's uploader, in place of what was there."""
        place = next(e.file_uploader for e in self.elements.values() if e.HasField("file_uploader"))
        message = BackMsg()
        message.file_urls_request.request_id = name
        message.file_urls_request.file_names.append(name)
        self._urls = None
        self._socket.send(message.SerializeToString())
        self.wait(lambda: self._urls is not None)
        assert self._urls is not None
        requests.put(
            self._address + self._urls.upload_url,
            files={"file": (name, data)},
            headers={"X-Xsrftoken": self._token},
            cookies={_XSRF: self._token},
            timeout=self._seconds,
        ).raise_for_status()
        given = WidgetState(id=place.id)
        file = UploadedFileInfo(name=name, size=len(data), file_id=self._urls.file_id)
        file.file_urls.CopyFrom(self._urls)
        given.file_uploader_state_value.uploaded_file_info.append(file)
        self._states[place.id] = given
        self.run()

    def wait(self, done: Callable[[], bool]) -> None:
        """Take messages, and rerun fragments that ask for it, until something is so.

        Raises:
            TimeoutError: it did not become so.
        """
        end = time.monotonic() + self._seconds
        while not (done() and self._finished):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("The page did not come to what was waited for.")
            pause = min(self._again.values(), default=left) if self._finished else left
            try:
                self._take(ForwardMsg.FromString(self._socket.recv(timeout=min(pause, left))))
            except TimeoutError:
                for fragment in list(self._again) if self._finished else ():
                    self.run(fragment)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._finished = False
            if not message.metadata.run.fragment_ids:
                self.elements.clear()
                self._again.clear()
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "delta":
            self._draw(tuple(message.metadata.delta_path), message)
        elif kind == "auto_rerun":
            self._again[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._again.pop(fragment, None)
        elif kind == "script_finished":
            self._finished = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        elif kind == "file_urls_response":
            self._urls = message.file_urls_response.file_urls[0]

    def _draw(self, place: tuple[int, ...], message: ForwardMsg) -> None:
        for old in [p for p in self.elements if p[: len(place)] == place]:
            del self.elements[old]
        if message.delta.WhichOneof("type") == "new_element":
            self.elements[place] = message.delta.new_element
