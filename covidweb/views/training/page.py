"""The page's order: the gap first, then one section at a time."""

from collections.abc import Callable

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.views import parts
from covidweb.views.training import (
    audit,
    curves,
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
    for bundle in found:
        for sentence in bundle.warnings():
            parts.problem(escape(sentence))
    if not found:
        parts.problem(
            "There is no trained model yet. Train one with "
            "`python -m covidweb train seed --data DIR`."
        )
        curves.show(found)
        return
    gap.show([b for b in found if b.kind in parts.CLASSIFIERS])
    section = parts.choose("Section", list(SECTIONS), key="training_section")
    st.divider()
    _, render = SECTIONS[section]
    render(found)
