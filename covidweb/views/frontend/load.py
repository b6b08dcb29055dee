"""Components from the files beside this one; nothing in them is ever made from a reader's data."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


@cache
def component(name: str) -> Callable[..., Any]:
    """Return the command that mounts a component.

    Its script is `name.js`, or the files of the folder `name` put together, the one of its own
    name last. What it shows goes into its `data`; scripts write that as text, never as HTML.
    """
    style = _HERE / f"{name}.css"
    return st.components.v2.component(
        f"covidweb_{name}",
        html="<div class='root'></div>",
        js=_script(name),
        css=style.read_text("utf-8") if style.is_file() else None,
    )


def _script(name: str) -> str:
    folder = _HERE / name
    files = sorted(folder.glob("*.js")) if folder.is_dir() else [_HERE / f"{name}.js"]
    files.sort(key=lambda file: file.stem == name)
    return "\n".join(file.read_text("utf-8") for file in files)
