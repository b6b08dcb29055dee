"""Which part of the dataset page is shown, and what it says without data.

Each section is imported when it is opened: most visits only need the films.
"""

import streamlit as st

from covidweb.dataset import data_root
from covidweb.dataset.manifest import SIMULATED
from covidweb.errors import DataError
from covidweb.markdown import escape
from covidweb.views import parts
from covidweb.views.dataset import detail, films, filters, gallery

_FILMS, _PLOTS, _CONFOUNDING = "Films", "Plots", "Where classes come from"
_CLEANUP, _GET = "Clean up", "Get data"
_SECTIONS = (_FILMS, _PLOTS, _CONFOUNDING, _CLEANUP, _GET)


def show() -> None:
    """Draw the page: what is here, the filters, and the chosen section."""
    try:
        table = films.load(data_root())
    except DataError as error:
        from covidweb.views.dataset import fetching

        fetching.show_without_data(str(error))
        return
    _head(table)
    section = st.segmented_control(
        "Section",
        _SECTIONS,
        default=_FILMS,
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    if section == _GET:
        from covidweb.views.dataset import fetching

        fetching.show()
    elif section == _CLEANUP:
        from covidweb.views.dataset import cleanup

        cleanup.show(table)
    elif section == _CONFOUNDING:
        from covidweb.views.dataset import confounding

        confounding.show(table)
    else:
        _filtered(table, str(section))


def _filtered(table: films.Films, section: str) -> None:
    """Draw the sections that the filters narrow."""
    if section == _FILMS and detail.open_film(table):
        return
    chosen = filters.show(table)
    if chosen.empty:
        st.info("No film passes all filters.", icon=":material/filter_alt_off:")
    elif section == _PLOTS:
        from covidweb.views.dataset import plots

        plots.show(table.root, chosen)
    else:
        gallery.show(table, chosen)


def _head(table: films.Films) -> None:
    rows = table.rows
    simulated = int((rows["source"] == SIMULATED).sum())
    st.markdown(
        f"**{len(rows):,} films** of {rows['group'].nunique():,} groups from "
        f"{rows['source'].nunique()} sources. A group is a patient, or films that may be of one; "
        "training, validation and test never share one."
    )
    if simulated:
        st.info(f"{simulated:,} of them are simulated: computed, nobody's radiographs.")
    if table.note:
        parts.problem(escape(table.note))
