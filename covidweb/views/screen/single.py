"""The single view: one film's answer, picture, zones and panels; and the way between films."""

from collections.abc import Sequence

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.screening.films import Row
from covidweb.screening.worklist import Worklist
from covidweb.views.screen import explain, film, known, reading, trust, verdict, zones

_CHOICE = "screen_choice"


def show(worklist: Worklist, rows: Sequence[Row], bundle: Bundle) -> Row:
    """Draw the chosen one of `rows` (not empty) and return it."""
    row = _choose(worklist, rows)
    picture = worklist.read(row.film)
    hidden = reading.hidden(row)
    # The answer comes first, so that it does on a phone as well.
    side, large = st.columns([2, 3], gap="large")
    with side:
        _name(row)
        if hidden:
            truth = known.look_up(row.film, picture, bundle).truth if picture is not None else ""
            reading.ask(row, truth)
        else:
            verdict.show(row, bundle)
            reading.compare(row)
    with large:
        if picture is not None:
            film.show(row, picture, revealed=not hidden)
        elif row.film.thumbnail:
            st.info("This film is no longer kept in memory; upload it again to see it.")
    if hidden:
        return row
    with side:
        zones.show(row.result)
        trust.caution(row, bundle)
    if picture is not None and row.result.probability is not None:
        trust.show(row, picture, bundle)
        explain.show(row, picture, bundle)
    elif row.result.quality:
        trust.findings(row)
    return row


def _choose(worklist: Worklist, rows: Sequence[Row]) -> Row:
    ids = [row.film.id for row in rows]
    place = ids.index(worklist.selected) if worklist.selected in ids else 0
    if len(ids) > 1:
        _walk(worklist, rows, place)
    return rows[place]


def _walk(worklist: Worklist, rows: Sequence[Row], place: int) -> None:
    """Draw the picker with previous and next; all three follow `worklist.selected`."""
    names = {row.film.id: row.film.name for row in rows}
    ids = list(names)

    def go(number: int) -> None:
        worklist.selected = number

    st.session_state[_CHOICE] = ids[place]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=place == 0,
            on_click=go,
            args=(ids[max(0, place - 1)],),
            key="screen_previous",
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            disabled=place == len(ids) - 1,
            on_click=go,
            args=(ids[min(len(ids) - 1, place + 1)],),
            key="screen_next",
        )
        st.selectbox(
            f"Film {place + 1} of {len(ids)}",
            ids,
            format_func=lambda number: names.get(number, ""),
            key=_CHOICE,
            on_change=lambda: go(st.session_state[_CHOICE]),
            width=420,
        )


def _name(row: Row) -> None:
    origin = {
        "simulated": "Simulated: computed from a digital chest, nobody's radiograph.",
        "dataset": "From the dataset.",
    }.get(row.film.origin)
    st.caption(escape(row.film.name) + (f" · {origin}" if origin else ""))
