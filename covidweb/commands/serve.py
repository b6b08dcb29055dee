"""`python -m covidweb serve`: the web app."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens the app to the network.")
    ] = "localhost",
) -> None:
    """Serve the web app."""
    entry = Path(__file__).resolve().parent.parent.parent / "app.py"
    # Streamlit reads .streamlit/config.toml from the working folder.
    os.chdir(entry.parent)
    options = ["--port", str(port), "--address", address]
    launch = [sys.executable, "-m", "covidweb.views.launch", str(entry), *options]
    os.execv(sys.executable, launch)
