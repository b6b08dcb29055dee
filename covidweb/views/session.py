"""What a browser session shares between pages: the loaded Screener and the chosen model."""

from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from covidweb.bundle import Bundle, list_bundles, read_bundle
from covidweb.errors import ModelError
from covidweb.views import parts

if TYPE_CHECKING:
    from covidweb.screening import Screener
    from covidweb.screening.worklist import Model

MODEL_KEY = "model_choice"


def model_choice() -> str | None:
    """Return the chosen bundle's name, with a picker here where there are several.

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
        st.selectbox(
            "Model",
            names,
            key=MODEL_KEY,
            format_func=lambda name: _title(bundles[name]),
            help="Films already here are screened again with the model you choose.",
            persist_state="session",
        )
    return str(st.session_state[MODEL_KEY])


def installed() -> list[Bundle]:
    """Return the bundles that screen films and can be read, without a word about the others."""
    found = []
    for name in list_bundles(kinds=parts.CLASSIFIERS):
        with suppress(ModelError):
            found.append(read_bundle(name))
    return found


def screener(name: str) -> "Screener":
    """Return the bundle's Screener, loaded once per process and shared by all sessions.

    It may be called from any thread.

    Raises:
        ModelError: no such bundle, or its weights do not match its card.
    """
    from covidweb.screening import loaded

    return loaded.screener(name)


def model(bundle: Bundle) -> "Model":
    """Return the bundle as the model of a worklist."""
    from covidweb.screening.worklist import Model

    return Model(bundle.sha256, lambda: screener(bundle.name))


def warm_choice() -> None:
    """Begin to load the chosen model, once per process, while the reader looks at the page."""
    from covidweb.screening import loaded

    names = list_bundles(kinds=parts.CLASSIFIERS)
    chosen = st.session_state.get(MODEL_KEY)
    for name in [n for n in names if n == chosen] or names[:1]:
        with suppress(ModelError):
            loaded.warm(name, read_bundle(name).sha256)


def _title(bundle: Bundle) -> str:
    return bundle.card.title or bundle.name
