"""The filters: widgets whose values stand in the page's address."""

import pandas as pd
import streamlit as st

from covidweb.dataset.selection import CHOICES, OUTCOMES, UNKNOWN, Selection, select
from covidweb.screening.words import films_words
from covidweb.views.dataset.films import Films
from covidweb.views.whole import whole

_ALWAYS = ("label", "set", "split", "source")


def show(table: Films) -> pd.DataFrame:
    """Draw the filters and return the rows that pass them."""
    rows = table.rows
    with st.container(horizontal=True):
        values = {column: _choice(rows, column) for column in _ALWAYS}
    with st.expander("More filters", icon=":material/filter_alt:"):
        with st.container(horizontal=True):
            values |= {column: _choice(rows, column) for column in CHOICES if column not in _ALWAYS}
        age = _span("Age in years", "age", 0, 100)
        score, outcome = None, ""
        if rows["score"].notna().any():
            score = _span("Score of the model", "score", 0.0, 1.0)
            outcome = _outcome()
        text = st.text_input(
            "Name, group or note contains", key="text", bind="query-params", max_chars=80
        )
    chosen = select(rows, Selection(values, age, score, outcome, text or ""))
    narrowed = any(values.values()) or age or score or outcome or text
    if narrowed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"The filters leave **{len(chosen):,}** of {films_words(len(rows))}.")
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=_clear)
    return chosen


def _choice(rows: pd.DataFrame, column: str) -> list[str]:
    # The address keeps an option as it is written, so its count must not be part of it.
    counts = rows[column].replace("", UNKNOWN).value_counts()
    chosen = st.multiselect(
        column.capitalize(),
        list(counts.index),
        key=column,
        bind="query-params",
        placeholder="All",
        width=226,
    )
    return [str(value) for value in chosen]


def _span(title: str, key: str, low: float, high: float) -> tuple[float, float] | None:
    """Return the chosen range; None for all, so that films of unknown value stay in."""
    start, end = st.slider(
        title,
        low,
        high,
        (low, high),
        key=key,
        bind="query-params",
        help="A narrower range leaves out the films for which it is not known.",
    )
    return None if (start, end) == (low, high) else (start, end)


def _outcome() -> str:
    chosen = st.segmented_control(
        "Answer of the model at its threshold", OUTCOMES, key="outcome", bind="query-params"
    )
    return str(chosen or "")


@whole
def _clear() -> None:
    for key in (*CHOICES, "age", "score", "outcome", "text"):
        st.session_state.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]
