"""The page's order: which section, the gap before all of them, then the section."""

from collections.abc import Callable

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.views import parts
from covidweb.views.training import (
    audit,
    curves,
    data,
    explanations,
    gap,
    mistakes,
    places,
    threshold,
)

SECTIONS: dict[str, tuple[str, Callable[[list[Bundle]], None]]] = {
    "Curves": (":material/show_chart:", curves.show),
    "How good, where": (":material/public:", places.show),
    "At which threshold": (":material/tune:", threshold.show),
    "Shortcuts": (":material/conversion_path:", audit.show),
    "Explanations": (":material/visibility:", explanations.show),
    "Mistakes": (":material/error:", mistakes.show),
}


def show() -> None:
    """Show the page; a broken bundle gets a sentence and the others still show."""
    found = parts.bundles()
    if not found:
        parts.problem(
            "There is no trained model yet. Train one with "
            "`python -m covidweb train seed --data DIR`."
        )
        curves.show(found)
        return
    section = parts.choose("Section", list(SECTIONS), key="training_section")
    gap.show(data.with_predictions(found))
    st.divider()
    _, render = SECTIONS[section]
    render(found)
