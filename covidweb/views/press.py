"""A button of which every click counts, however fast they come."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from covidweb.views.frontend import component


def press(label: str, icon: str, key: str, on_press: Callable[[int], None], help: str = "") -> None:
    """Draw the button.

    Streamlit merges clicks that come while the page is drawn; this button sends their number.

    Args:
        label: what it says.
        icon: a Material symbol's name.
        key: unique on the page.
        on_press: called with the number of clicks since it was called last, before the page is
            drawn again.
        help: shown when the pointer rests on it.
    """
    component("press")(
        key=key,
        data={"label": label, "icon": icon, "help": help},
        width="content",
        on_pressed_change=lambda: on_press(_new(key)),
    )


def _new(key: str) -> int:
    """Return how many clicks are new; a button drawn anew counts from nothing."""
    pressed: Mapping[str, Any] = (st.session_state.get(key) or {}).get("pressed") or {}
    counted: dict[str, int] = st.session_state.setdefault(f"{key}_counted", {})
    since, count = str(pressed.get("since", "")), int(pressed.get("count", 0))
    new = count - counted.get(since, 0)
    st.session_state[f"{key}_counted"] = {since: count}
    return max(0, new)
