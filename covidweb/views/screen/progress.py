"""Screening what waits, a second at a time, so that the page stays alive and can be stopped."""

from collections.abc import Sequence

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.errors import ModelError
from covidweb.markdown import escape
from covidweb.screening.batch import Batch
from covidweb.screening.words import headline, probability_words
from covidweb.views import parts, session
from covidweb.views.screen.reading import SWITCH
from covidweb.views.screen.worklist import Row, Worklist

STEP = 1.0
"""Seconds of screening between two looks at the page."""

_AT_ONCE = 1
_LATEST = 8


def screen_waiting(worklist: Worklist, bundle: Bundle) -> bool:
    """Screen what waits: a single film at once, more of them with progress and a cancel button.

    Returns:
        True when nothing is left and the page may show its results.
    """
    _offer_rest(worklist, worklist.stopped(bundle.sha256))
    if not worklist.busy(bundle.sha256):
        return True
    try:
        batch = worklist.begin(session.screener(bundle.name), bundle.sha256)
    except ModelError as error:
        parts.problem(escape(error))
        return True
    if batch is not None and batch.total <= _AT_ONCE:
        with st.spinner("Reading the film…"):
            worklist.take(batch.step())
        worklist.end()
        return not worklist.busy(bundle.sha256)
    _steps(worklist, bundle.sha256)
    return False


@st.fragment(run_every=0.2)
def _steps(worklist: Worklist, model_sha256: str) -> None:
    batch = worklist.batch
    if batch is None:
        return
    st.progress(batch.done / max(1, batch.total), text=_said(batch))
    if st.button("Stop here", icon=":material/stop_circle:", key="screen_stop"):
        batch.cancel()
    if not st.session_state.get(SWITCH):
        _latest(worklist.rows(model_sha256)[-_LATEST:])
    # The step comes last, so that the page shows where it stands while the films are read.
    worklist.take(batch.step(STEP))
    if batch.finished:
        worklist.end()
        st.rerun()


def _offer_rest(worklist: Worklist, left: int) -> None:
    if left:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Stopped: {left} films were not screened.", width="content")
            st.button("Go on", icon=":material/play_circle:", on_click=worklist.resume)


def _said(batch: Batch) -> str:
    left = batch.seconds_left
    return f"{batch.done} of {batch.total} films" + (
        "" if left is None else f", {duration(left)} left"
    )


def duration(seconds: float) -> str:
    """Return a time for the reader: `about 5 s`, `about 3 min`."""
    if seconds < 60:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"


def _latest(rows: Sequence[Row]) -> None:
    if not rows:
        return
    table = [
        {
            "Film": row.film.name,
            "Answer": headline(row.result),
            "Probability": (
                "" if row.result.probability is None else probability_words(row.result.probability)
            ),
        }
        for row in reversed(rows)
    ]
    st.dataframe(table, width="stretch", hide_index=True, alt="The films screened last")
