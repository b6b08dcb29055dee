"""What a browser session shares between pages: the loaded Screener and the chosen model."""

from typing import TYPE_CHECKING

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.views import parts

if TYPE_CHECKING:
    from covidweb.screening import Screener

MODEL_KEY = "model_choice"


def model_choice() -> str | None:
    """Return the chosen bundle's name, with a picker in the sidebar where there are several.

    Returns:
        The name; None when no bundle can screen films, and the page says so.
    """
    bundles = {bundle.name: bundle for bundle in parts.bundles(parts.CLASSIFIERS)}
    if not bundles:
        parts.problem(
            "No model is installed. Train one: `python -m covidweb train seed --data DIR`."
        )
        return None
    names = list(bundles)
    if st.session_state.get(MODEL_KEY) not in names:
        st.session_state[MODEL_KEY] = names[0]
    if len(names) > 1:
        st.sidebar.selectbox(
            "Model",
            names,
            key=MODEL_KEY,
            format_func=lambda name: _title(bundles[name]),
            help="Films already here are screened again with the model you choose.",
            persist_state="session",
        )
    return str(st.session_state[MODEL_KEY])


def screener(name: str) -> "Screener":
    """Return the bundle's Screener, loaded once per process and shared by all sessions.

    Raises:
        ModelError: no such bundle, or its weights do not match its card.
    """
    from covidweb.bundle import read_bundle

    return _load(name, read_bundle(name).sha256)


@st.cache_resource(show_spinner="Loading the model…", max_entries=4)
def _load(name: str, sha256: str) -> "Screener":
    """Load a bundle; `sha256` is in the key so that new weights are a new entry."""
    from covidweb.screening import Screener

    return Screener.load(name)


def _title(bundle: Bundle) -> str:
    return bundle.card.title or bundle.name
