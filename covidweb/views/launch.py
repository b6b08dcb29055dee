"""Start Streamlit on the frame, guarded, so that every address opens inside it.

Three things are set before Streamlit starts:

- The frame names the pages. Beside a folder named `pages/`, Streamlit would serve each file in it
  as a page of its own until the first visitor has run the frame.
- Uploads stay in memory. Starlette would put every file over 1 MB into the temporary folder.
- Nothing is asked of the network. Streamlit's welcome would ask for the machine's public address.
"""

import argparse
from pathlib import Path

import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from covidweb.errors import EXPECTED, sentence
from covidweb.markdown import escape
from covidweb.views import health, parts
from covidweb.views.guard import Guard

_MIB = 2**20


def make_app(entry: Path) -> st.App:
    """Return the ASGI app that serves the frame, with `/healthz` and `/readyz`."""
    PagesManager.uses_pages_directory = False
    # A body is cut off at the limit and 1 MiB for what is around the file in it.
    MultiPartParser.spool_max_size = (int(config.get_option("server.maxUploadSize")) + 2) * _MIB
    origins = tuple(config.get_option("server.corsAllowedOrigins"))
    return st.App(
        entry,
        routes=health.routes(),
        middleware=[Middleware(Guard, origins=origins)],
        on_script_error=told,
    )


def told(error: BaseException) -> bool:
    """Say a fault of the machine in a sentence; leave any other to Streamlit and its log."""
    if not isinstance(error, EXPECTED):
        return False
    parts.problem(escape(sentence(error)))
    return True


def main() -> None:
    """Serve until stopped; the options are those that `python -m covidweb serve` passes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("entry", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--address", required=True)
    given = parser.parse_args()
    print(f"covidweb is at http://{given.address}:{given.port}", flush=True)
    options = {"server.port": given.port, "server.address": given.address}
    make_app(given.entry.resolve()).run(config=options | {"logger.hideWelcomeMessage": True})


if __name__ == "__main__":
    main()
