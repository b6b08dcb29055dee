"""`python -m covidweb serve`: the web app."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

_PLACES = ("COVIDWEB_DATA", "COVIDWEB_MODELS", "COVIDWEB_RUNS")


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens the app to the network.")
    ] = "localhost",
) -> None:
    """Serve the web app."""
    from covidweb.place import home

    os.environ.update(_places())
    # Streamlit reads .streamlit/config.toml from the working folder.
    os.chdir(home())
    options = ["--port", str(port), "--address", address]
    launch = [sys.executable, "-m", "covidweb.views.launch", str(home() / "app.py"), *options]
    os.execv(sys.executable, launch)


def _places() -> dict[str, str]:
    """Return the user's folders as seen from where they started the app."""
    from covidweb.dataset import data_root

    defaults = {"COVIDWEB_DATA": str(data_root()), "COVIDWEB_RUNS": "runs"}
    named = {name: os.environ.get(name) or defaults.get(name) for name in _PLACES}
    return {name: str(Path(path).resolve()) for name, path in named.items() if path}
