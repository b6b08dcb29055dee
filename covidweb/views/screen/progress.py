"""How far the worklist is, shown while it goes on by itself; stopping it and going on."""

import time

import streamlit as st

from covidweb.markdown import escape
from covidweb.screening.words import films_words
from covidweb.screening.worklist import Progress, Worklist
from covidweb.views import parts

LOOK_EVERY = 0.5
"""Seconds between two looks at a worklist at work."""

DRAW_EVERY = 3.0
"""Seconds after which the page is drawn anew with the answers that came in meanwhile."""

AT_ONCE = 0.4
"""Seconds that the page waits for an answer before it shows how far things are."""

_AT_WORK = ("loading", "running")


def show(worklist: Worklist) -> None:
    """Draw where the worklist stands: nothing where all is done."""
    if worklist.progress().state in _AT_WORK:
        worklist.wait(AT_ONCE)
    now = worklist.progress()
    if now.state in _AT_WORK:
        bar, stop = st.columns([7, 1], vertical_alignment="center")
        with bar:
            parts.apart(lambda: _live(worklist, now.version, time.monotonic()))
        stop.button(
            "Stop here",
            icon=":material/stop_circle:",
            key="screen_stop",
            on_click=worklist.stop,
        )
    elif now.state == "failed":
        parts.problem(escape(now.problem))
        _go_on(worklist, "Try again")
    elif now.state == "stopped":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Stopped: {films_words(now.left)} not screened.", width="content")
            _go_on(worklist, "Go on")


def said(now: Progress) -> str:
    """Say how far a worklist is."""
    if now.state == "loading":
        return (
            f"Loading the model; {films_words(now.left)} waiting"
            if now.left
            else "Loading the model"
        )
    left = "" if now.seconds_left is None else f", {duration(now.seconds_left)} left"
    others = f"; {films_words(now.ahead)} of other readers first" if now.ahead else ""
    return f"{now.done:,} of {films_words(now.total)}{left}{others}"


def duration(seconds: float) -> str:
    """Return a time for the reader: `about 5 s`, `about 3 min`."""
    if seconds < 60:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"


@st.fragment(run_every=LOOK_EVERY)
def _live(worklist: Worklist, drawn: int, at: float) -> None:
    now = worklist.progress()
    news = now.version != drawn and time.monotonic() - at > DRAW_EVERY
    if now.state not in _AT_WORK or news:
        st.rerun()
    st.progress(now.done / max(1, now.total), text=said(now))


def _go_on(worklist: Worklist, label: str) -> None:
    st.button(label, icon=":material/play_circle:", key="screen_go_on", on_click=worklist.resume)
