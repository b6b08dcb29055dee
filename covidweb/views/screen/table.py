"""Many films as a table: sorted by probability, filtered, one row chosen for the single view."""

import base64
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from covidweb.screening.films import Row
from covidweb.screening.words import HEADLINES, ZONE_TITLES, films_words, headline, top_zones
from covidweb.screening.worklist import Worklist
from covidweb.views import parts

_ROW_HEIGHT = 72
"""In pixels: Streamlit wraps text only in rows that are higher than 64."""

_HEAD_HEIGHT = 38

_MOST = 99.9
"""In percent: a probability is never rounded to certainty."""

_ROWS_SHOWN = 6.5
"""A row cut in half says that there are more."""


def show(
    worklist: Worklist, rows: Sequence[Row], hidden: Callable[[Row], bool] = lambda row: False
) -> list[Row]:
    """Draw filters and the table, and remember the row that the reader picks.

    Args:
        worklist: `selected` is set to the picked film's id.
        rows: all rows, at the chosen threshold.
        hidden: tells the rows whose answer is kept back; then nothing is sorted or filtered by it.

    Returns:
        The rows that pass the filters, in the table's order.
    """
    secret = any(hidden(row) for row in rows)
    panel = st.expander("Table and filters", icon=":material/table:", key="screen_table_panel")
    with panel:
        kept = list(rows) if secret else by_probability(_filtered(rows))
        if kept:
            _table(worklist, kept, hidden)
    if not kept:
        st.info("No film passes these filters.", icon=":material/filter_alt:")
    elif len(kept) < len(rows):
        st.caption(
            f":material/filter_alt: The filters leave {len(kept)} of {films_words(len(rows))}."
        )
    return kept


def counts(rows: Sequence[Row]) -> str:
    """Say how many films got which answer."""
    words = [headline(row.result) for row in rows]
    said = [f"{words.count(title)} {title.lower()}" for title in HEADLINES.values()]
    shown = [text for text in said if not text.startswith("0 ")]
    return (
        f"**{films_words(len(rows))}**: " + ", ".join(shown).replace("covid-19", "COVID-19") + "."
    )


def _table(worklist: Worklist, rows: Sequence[Row], hidden: Callable[[Row], bool]) -> None:
    # A phone shows at once what a film is called and what is said of it.
    phone = parts.on_phone()
    # The key holds the order, so that a cell chosen in one order is not one of another.
    key = f"screen_table_{hash(tuple(row.film.id for row in rows))}"
    st.dataframe(
        frame(rows, hidden),
        width="stretch",
        height=_HEAD_HEIGHT + int(_ROW_HEIGHT * min(len(rows), _ROWS_SHOWN)),
        row_height=_ROW_HEIGHT,
        hide_index=True,
        key=key,
        on_select=lambda: _pick(worklist, rows, key),
        selection_mode="single-cell",
        column_config={
            "Picture": st.column_config.ImageColumn("Film", width=60),
            "Name": st.column_config.TextColumn("Name", width=115 if phone else 170),
            "Answer": st.column_config.TextColumn("Answer", width=115 if phone else 190),
            "Probability": st.column_config.ProgressColumn(
                "Probability", min_value=0.0, max_value=100.0, format="%.1f %%", width=150
            ),
            "Evidence mostly in": st.column_config.TextColumn("Evidence mostly in", width=170),
            "Reason": st.column_config.TextColumn("Reason", width=460),
        },
        alt="The films with their answers, the most suspicious first",
    )


def by_probability(rows: Sequence[Row]) -> list[Row]:
    """Sort by falling probability; films without one come last, errors at the end."""
    last = {"not_assessed": 1, "error": 2}

    def order(row: Row) -> tuple[int, float, str]:
        return last.get(row.result.status, 0), -(row.result.probability or 0.0), row.film.name

    return sorted(rows, key=order)


def frame(rows: Sequence[Row], hidden: Callable[[Row], bool] = lambda row: False) -> pd.DataFrame:
    """Return the table that the page shows: one row per film, in the order given.

    Probabilities are in percent. Rows that are `hidden` keep their answer back.
    """
    kept_back = [hidden(row) for row in rows]
    table = pd.DataFrame(
        {
            "Picture": [_uri(row.film.thumbnail) for row in rows],
            "Name": [row.film.name for row in rows],
            "Answer": [headline(row.result) for row in rows],
            "Probability": [_percent(row.result.probability) for row in rows],
            "Evidence mostly in": [_zones(row) for row in rows],
            "Reason": [_reason(row) for row in rows],
        }
    ).astype({"Probability": "float64"})
    table.loc[kept_back, "Answer"] = "Yours first"
    table.loc[kept_back, "Probability"] = float("nan")
    table.loc[kept_back, ["Evidence mostly in", "Reason"]] = ""
    return table


def _percent(probability: float | None) -> float | None:
    if probability is None:
        return None
    return min(_MOST, max(100 - _MOST, 100 * probability))


def _filtered(rows: Sequence[Row]) -> list[Row]:
    present = [
        title for title in HEADLINES.values() if any(headline(r.result) == title for r in rows)
    ]
    # Beside the field the answers would not wrap, and a phone's screen would cut them.
    with st.container(horizontal=not parts.on_phone(), vertical_alignment="bottom"):
        answers = st.pills(
            "Show only",
            present,
            selection_mode="multi",
            key="screen_answers",
            persist_state="session",
        )
        name = st.text_input("Name contains", key="screen_name", width=220, persist_state="session")
    return [
        row
        for row in rows
        if (not answers or headline(row.result) in answers)
        and name.strip().lower() in row.film.name.lower()
    ]


def _pick(worklist: Worklist, rows: Sequence[Row], key: str) -> None:
    chosen = st.session_state[key].selection.cells
    if chosen and int(chosen[0][0]) < len(rows):
        worklist.selected = rows[int(chosen[0][0])].film.id


def _zones(row: Row) -> str:
    normal = row.result.status == "ok" and row.result.verdict == "normal"
    zones = [] if normal or row.result.probability is None else top_zones(row.result.regions)
    return ", ".join(ZONE_TITLES[zone] for zone in zones)


def _reason(row: Row) -> str:
    origin = f"{row.film.origin.capitalize()} film. " if row.film.origin else ""
    return f"{origin}{row.result.reason}".strip()


def _uri(thumbnail: bytes) -> str:
    if not thumbnail:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(thumbnail).decode("ascii")
