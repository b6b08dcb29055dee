"""Which worklist this browser session looks at; it outlives a reload of the page, not the tab.

No list is shared between readers, and none is kept by this module: it is gone when the last
session that looks at it is. A tab finds its list again by a token that only it holds.
"""

from weakref import WeakValueDictionary

import streamlit as st

from covidweb.screening.worklist import Worklist
from covidweb.views.frontend import component
from covidweb.views.whole import whole

GENERATION = "screen_generation"
"""Session state's count of clearings: part of the uploader's key, so that it empties too."""

_KEY, _TAB, _ANSWERED = "screen_worklist", "tab_token", "tab_answered"
_LOST = (
    "The films of this page are gone: the server was started anew, or the page was left for too "
    "long. Upload them again."
)
_lists: "WeakValueDictionary[str, Worklist]" = WeakValueDictionary()


def current() -> Worklist:
    """Return this browser session's worklist."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Worklist()
    worklist: Worklist = st.session_state[_KEY]
    _lists[worklist.token] = worklist
    return worklist


def keep_in_tab(worklist: Worklist) -> None:
    """Let the browser's tab remember the list, and take up again the one it remembers."""
    component("tab")(
        key=_TAB,
        data={
            "token": worklist.token if worklist.films else "",
            "answered": st.session_state.get(_ANSWERED, ""),
        },
        height=1,
        on_kept_change=_take_up,
    )


@whole
def clear() -> None:
    """Forget every film, result and answer of this session."""
    current().clear()
    generation = st.session_state.get(GENERATION, 0)
    kept = (_KEY,)
    for key in [k for k in st.session_state if str(k).startswith("screen_") and k not in kept]:
        del st.session_state[key]
    st.session_state[GENERATION] = generation + 1


@whole
def _take_up() -> None:
    """Look at the list that the tab remembers, or say that it is gone."""
    token = str((st.session_state.get(_TAB) or {}).get("kept") or "")
    found, mine = _lists.get(token), current()
    st.session_state[_ANSWERED] = token
    if found is None:
        mine.note(_LOST)
    elif found is not mine and not mine.films:
        st.session_state[_KEY] = found
