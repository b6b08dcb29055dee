"""A button of which every click counts, however fast they come."""

from collections.abc import Callable

from covidweb.views.counted import news
from covidweb.views.frontend import component
from covidweb.views.whole import whole


def press(label: str, icon: str, key: str, on_press: Callable[[int], None], help: str = "") -> None:
    """Draw the button.

    Streamlit merges clicks that come while the page is drawn; this button sends their number.

    Args:
        label: what it says.
        icon: a Material symbol's name.
        key: unique on the page.
        on_press: called with the number of clicks since it was called last, before the page is
            drawn again; it must not touch the session's state.
        help: shown when the pointer rests on it.
    """
    component("press")(
        key=key,
        data={"label": label, "icon": icon, "help": help},
        width="content",
        on_pressed_change=lambda: count(key, on_press),
    )


@whole
def count(key: str, on_press: Callable[[int], None]) -> None:
    """Tell `on_press` how many clicks are new; a button drawn anew counts from nothing."""
    new = news(key, "pressed")
    if new > 0:
        on_press(new)
