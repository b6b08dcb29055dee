"""Start Streamlit on the frame, guarded, so that every address opens inside it.

Five things are set before Streamlit starts:

- The frame names the pages. Beside a folder named `pages/`, Streamlit would serve each file in it
  as a page of its own until the first visitor has run the frame.
- Uploads stay in memory. Starlette would put every file over 1 MB into the temporary folder.
- The networks are left alone. Streamlit would end every run of a page, also of the part that looks
  how far the films are twice a second, with a new start of Keras: its kernels are thrown away and
  all of TensorFlow's objects looked through, while no other thread gets on.
- A session that ends forgets its films, and the memory that they took goes back to the system. Its
  script runners are circles with all that it held in them: Python would look for these after some
  two hundred more.
- Nothing is asked of the network. Streamlit's welcome would ask for the machine's public address.
"""

import argparse
import ctypes
import logging
import os
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from streamlit import config
from streamlit.file_util import get_static_dir
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner

from covidweb.errors import EXPECTED, DataError, sentence
from covidweb.markdown import escape
from covidweb.views import health, parts
from covidweb.views.guard import Guard
from covidweb.views.packed import Packed
from covidweb.views.styled import Styled

LISTS = {"COVIDWEB_HOSTS": "server.allowedHosts", "COVIDWEB_ORIGINS": "server.corsAllowedOrigins"}
"""Variables that hold names with commas between them, and Streamlit's options that they set."""

SESSION_SECONDS = "COVIDWEB_SESSION_SECONDS"
"""Variable: how long the films of a visitor who left are kept for a return."""

_MIB = 2**20
_SHUTDOWN = AppSession.shutdown
_LOG = logging.getLogger(__name__)


def make_app(entry: Path) -> st.App:
    """Return the ASGI app that serves the frame, with `/healthz` and `/readyz`."""
    PagesManager.uses_pages_directory = False
    script_runner._clean_problem_modules = _leave_networks
    AppSession.shutdown = _forget  # type: ignore[method-assign]
    return st.App(
        entry,
        routes=health.routes(),
        middleware=[
            Middleware(Guard, origins=_origins),
            Middleware(Styled, folder=Path(get_static_dir())),
            Middleware(Packed, folder=Path(get_static_dir()) / "static"),
        ],
        lifespan=_starting,
        on_script_error=told,
    )


def from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what a deployment sets by environment variables, as options of Streamlit.

    Raises:
        DataError: `COVIDWEB_SESSION_SECONDS` is no whole number above 0.
    """
    found: dict[str, Any] = {}
    for variable, option in LISTS.items():
        named = [part.strip() for part in variables.get(variable, "").split(",")]
        if any(named):
            found[option] = [part for part in named if part]
    seconds = variables.get(SESSION_SECONDS, "").strip()
    if seconds:
        if not (seconds.isascii() and seconds.isdigit() and int(seconds)):
            raise DataError(
                f"{SESSION_SECONDS} must be a whole number above 0. Received: {seconds[:40]}"
            )
        found["server.disconnectedSessionTTL"] = int(seconds)
    return found


def told(error: BaseException) -> bool:
    """Say on the page that something failed: an expected error as a sentence, others logged.

    Streamlit calls it for whatever a page's script raises; it always is the page's last word.
    """
    if isinstance(error, EXPECTED):
        parts.problem(escape(sentence(error)))
    else:
        _LOG.error("A page failed.", exc_info=error)
        parts.problem("Something on this page failed, and was logged. The other pages go on.")
    return True


def _origins() -> Sequence[str]:
    return list(config.get_option("server.corsAllowedOrigins"))


@asynccontextmanager
async def _starting(app: st.App) -> AsyncIterator[dict[str, Any]]:
    # A body is cut off at the limit and 1 MiB for what is around the file in it.
    MultiPartParser.spool_max_size = (int(config.get_option("server.maxUploadSize")) + 2) * _MIB
    yield {}


def _leave_networks() -> None:
    """Stand where Streamlit would call `keras.backend.clear_session`."""


def _forget(self: AppSession) -> None:
    """Stand where Streamlit ends a session, which it does once nobody can return to it."""
    _SHUTDOWN(self)
    self.session_state.clear()
    # What buttons call, and the page's parts that run alone, hold the films as well.
    self.session_state._new_widget_state.widget_metadata.clear()
    self._fragment_storage.clear()
    threading.Thread(target=_give_back, name="give-back", daemon=True).start()


def _give_back() -> None:
    """Return freed memory to the system, of which glibc otherwise keeps hundreds of megabytes."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _name_temporary_folder() -> None:
    """Let libraries ask for the temporary folder's name where it is full: they only ask."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        # TensorFlow asks when it is imported, and would fail.
        tempfile.tempdir = os.environ.get("TMPDIR") or "/tmp"


def main() -> None:
    """Serve until stopped; the options are those that `python -m covidweb serve` passes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("entry", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--address", required=True)
    given = parser.parse_args()
    _name_temporary_folder()
    shown = "localhost" if given.address == "0.0.0.0" else given.address
    print(f"covidweb is at http://{shown}:{given.port}", flush=True)
    options = from_environment(os.environ) | {
        "server.port": given.port,
        "server.address": given.address,
        "logger.hideWelcomeMessage": True,
    }
    make_app(given.entry.resolve()).run(config=options)


if __name__ == "__main__":
    try:
        main()
    except EXPECTED as error:
        sys.exit(f"covidweb: {sentence(error)}")
