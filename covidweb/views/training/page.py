"""The page's order: which section, then that section; the gap before the curves."""

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


def _results(bundles: list[Bundle]) -> None:
    gap.show(data.with_predictions(bundles))
    st.divider()
    curves.show(bundles)


SECTIONS: dict[str, tuple[str, Callable[[list[Bundle]], None]]] = {
    "Results and curves": (":material/show_chart:", _results),
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
    _, render = SECTIONS[section]
    render(found)
