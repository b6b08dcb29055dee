"""Pieces that several pages use: links, sentences for problems, a chart with its table."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from covidweb.bundle import Bundle, Evaluation, list_bundles, read_bundle, results
from covidweb.errors import EXPECTED, sentence
from covidweb.markdown import escape
from covidweb.metrics import Value
from covidweb.report.table import spreadsheet_safe
from covidweb.views import charts

T = TypeVar("T")

EDGES_ONLY = (
    "The article's network sees about 8 pixels around each point at its last convolution: its "
    "heatmaps can only show edges."
)

CLASSIFIERS = ("seed", "classifier")
DISCLAIMER = (
    "Research software, not a medical device: nothing here may decide about a person's care."
)


def page_link(path: str, label: str, icon: str) -> None:
    """Link to a page; without the frame (a page run alone) name it instead."""
    try:
        st.page_link(path, label=label, icon=icon)
    except StreamlitAPIException:
        st.markdown(f"{icon} {label}")


def go_to(path: str, label: str) -> None:
    """Open a page; without the frame (a page run alone) name it instead."""
    try:
        st.switch_page(path)
    except StreamlitAPIException:
        page_link(path, label, ":material/arrow_forward:")


def apart(draw: Callable[[], None]) -> None:
    """Draw a fragment in a container of its own.

    A fragment that is due again as a page has been drawn takes its first drawing out of what is
    still to be sent; what stands after it beside it would then have no place, and Streamlit's
    script in the browser stops for good.
    """
    with st.container():
        draw()


def on_phone() -> bool:
    """Tell whether the browser says that it is a phone's."""
    return "Mobi" in str(st.context.headers.get("User-Agent", ""))


def ink() -> str:
    """Return the colour of text on a chart's tints, for the theme that the reader has."""
    return charts.INK[st.context.theme.type == "dark"]


def problem(sentence: str) -> None:
    """Show one sentence about something that did not work."""
    st.warning(sentence, icon=":material/warning:")


def within_one_place(evaluation: Evaluation, name: str) -> None:
    """Show how well sick and healthy films of one place are told apart, large: it comes first.

    Args:
        evaluation: of a bundle.
        name: the bundle's, unique on the page.
    """
    table = results.within_one_place(evaluation)
    if table.empty:
        return
    st.markdown(
        ":material/my_location: **Within one place**: the sick and the healthy from the same "
        "hospitals"
    )
    with tiles(f"within_{name}"):
        for row in table.itertuples():
            value: Value = {"value": row.value, "low": row.low, "high": row.high}
            metric(f"{escape(row.title)}: AUC", value, 300)
    if results.guesses(table):
        problem(
            "Within one place it only guesses (an AUC of 0.5). What it reaches across places is no "
            "proof that it sees anything in the lungs."
        )


def why_within_one_place() -> None:
    """Say why the figures within one place come before those across places."""
    st.caption(
        "Inside and outside, most of the sick and the healthy come from different places, and a "
        "network that only tells places apart can look good there. Within one place it cannot."
    )


def tiles(name: str) -> DeltaGenerator:
    """Return a row for `metric`, under a name of its own: it has its height from the first."""
    return st.container(horizontal=True, gap="small", key=f"tiles_{name}")


def metric(title: str, value: Value | None, width: int, digits: int = 2) -> None:
    """Show a figure with its interval as a tile, a dash where it is not known."""
    text = "–" if value is None else f"{value['value']:.{digits}f}"
    note = None if value is None else f"{value['low']:.{digits}f} to {value['high']:.{digits}f}"
    st.metric(title, text, note, delta_color="off", delta_arrow="off", width=width)


def attempt(read: Callable[[], T]) -> T | None:
    """Return what `read` gives, or show its expected error as a sentence and return None."""
    try:
        return read()
    except EXPECTED as error:
        problem(escape(sentence(error)))
        return None


def bundles(kinds: tuple[str, ...] | None = None) -> list[Bundle]:
    """Return the bundles that can be read; each broken or changed one gets its sentence."""
    found = [attempt(partial(read_bundle, name)) for name in list_bundles()]
    kept = [b for b in found if b is not None and (kinds is None or b.kind in kinds)]
    for bundle in kept:
        for said in bundle.warnings():
            problem(escape(said))
    return kept


def choose(label: str, options: list[str], key: str, default: str | None = None) -> str:
    """Return the one chosen of a few options, as a row of buttons."""
    start = default if default in options else options[0]
    chosen = st.segmented_control(
        label, options, default=start, required=True, key=key, format_func=escape
    )
    return str(chosen) if chosen in options else start


def show_chart(figure: go.Figure, table: pd.DataFrame, name: str, alt: str) -> None:
    """Show a figure with hover, zoom and export, and below it its table and a CSV.

    Args:
        figure: the chart.
        table: the numbers in it.
        name: key and file name, unique on the page.
        alt: what the chart shows, for those who do not see it.
    """
    image = {"format": "png", "filename": name, "scale": 2}
    config = {"displaylogo": False, "toImageButtonOptions": image}
    if on_phone():
        # A finger that scrolls past a chart must not be caught by it.
        figure.update_layout(dragmode=False)
    st.plotly_chart(figure, width="stretch", key=f"chart-{name}", config=config, alt=alt)
    show_table(table, name)


def show_table(table: pd.DataFrame, name: str, expanded: bool = False) -> None:
    """Show a table behind one click, with a CSV to download."""
    with st.expander("As a table", icon=":material/table:", expanded=expanded):
        st.dataframe(table, width="stretch", hide_index=True, key=f"table-{name}")
        download_csv(table, name)


def download_csv(table: pd.DataFrame, name: str) -> None:
    """Offer a table as CSV; written when it is asked for."""
    st.download_button(
        "Download CSV",
        data=lambda: table.map(spreadsheet_safe).to_csv(index=False),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv-{name}",
        on_click="ignore",
    )


def interval_text(row: Any, digits: int = 2) -> str:
    """Return `0.93 (0.90 to 0.95)` from a mapping with `value`, `low`, `high`, or a dash."""
    if row is None or pd.isna(row["value"]):
        return "–"
    value = f"{row['value']:.{digits}f}"
    if pd.isna(row.get("low")) or pd.isna(row.get("high")):
        return value
    return f"{value} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"
