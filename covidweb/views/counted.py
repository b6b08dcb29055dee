"""What a component counts in the browser, and how much of it is new to the server."""

from collections.abc import Mapping
from typing import Any

import streamlit as st


def news(key: str, name: str) -> int:
    """Return how far a count has moved since this was asked last.

    A component drawn anew counts from nothing, and says so by another `since`. The session's state
    is touched before anything is changed, as `covidweb.views.whole` wants it.

    Args:
        key: of the component.
        name: of its state: a dict of `since`, a name for this drawing, and `count`.
    """
    state: Mapping[str, Any] = (st.session_state.get(key) or {}).get(name) or {}
    seen: dict[str, int] = st.session_state.setdefault(f"{key}_counted", {})
    since, count = str(state.get("since", "")), int(state.get("count", 0))
    moved = count - seen.get(since, 0)
    seen.clear()
    seen[since] = count
    return moved
