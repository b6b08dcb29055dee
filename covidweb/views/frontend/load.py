"""Components from the files beside this one; nothing in them is ever made from a reader's data."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


@cache
def component(name: str) -> Callable[..., Any]:
    """Return the command that mounts the component of `name.js` and, where there is one, its CSS.

    What a component needs to show goes into its `data`; its script writes it as text, never as
    HTML.
    """
    style = _HERE / f"{name}.css"
    return st.components.v2.component(
        f"covidweb_{name}",
        html="<div class='root'></div>",
        js=(_HERE / f"{name}.js").read_text("utf-8"),
        css=style.read_text("utf-8") if style.is_file() else None,
    )
