"""Explanations on demand: several methods for one film, side by side."""

from dataclasses import replace

import numpy as np
import streamlit as st

from covidweb.bundle import Bundle
from covidweb.radiograph import Radiograph
from covidweb.report import overlay
from covidweb.screening import METHODS, TITLES
from covidweb.screening.films import Row
from covidweb.views import parts, session

_KEPT = "screen_explained"
_MAX_KEPT = 60
_DEFAULT = ("gradcam", "layercam", "saliency")


def show(row: Row, film: Radiograph, bundle: Bundle) -> None:
    """Draw the panel, closed at first; methods run when it is open and they are chosen."""
    panel = st.expander(
        "Compare explanations",
        icon=":material/compare:",
        key="screen_explain",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        chosen = st.pills(
            "Methods",
            METHODS,
            selection_mode="multi",
            default=_DEFAULT,
            format_func=lambda method: TITLES[method],
            key="screen_methods",
            persist_state="session",
        )
        _pictures(row, film, bundle, [m for m in METHODS if m in chosen])
        st.caption(
            "Each picture has its own scale, its strongest point brightest: the methods measure "
            "in different units. Saliency marks pixels, the others regions."
        )
        if bundle.kind == "seed":
            st.caption(parts.EDGES_ONLY)


def _pictures(row: Row, film: Radiograph, bundle: Bundle, methods: list[str]) -> None:
    if not methods:
        st.caption("Choose a method to see it.")
        return
    columns = st.columns(min(3, len(methods)))
    for index, method in enumerate(methods):
        with columns[index % len(columns)]:
            grid = _grid(row, film, bundle, method)
            scale = float(grid.max())
            if scale <= 0:
                st.markdown(f"**{TITLES[method]}** · nothing: no evidence for COVID-19 at all.")
                continue
            # Above it: below the name there is room for what Streamlit shows over a picture.
            st.markdown(f"**{TITLES[method]}**")
            drawn = overlay(film, replace(row.result, heatmap=grid, heatmap_scale=scale))
            st.image(
                drawn,
                width="stretch",
                alt=f"The film with the evidence that {TITLES[method]} finds",
            )


def _grid(row: Row, film: Radiograph, bundle: Bundle, method: str) -> np.ndarray:
    kept: dict[tuple[str, str, str], np.ndarray] = st.session_state.setdefault(_KEPT, {})
    key = (row.film.key, bundle.sha256, method)
    if key not in kept:
        while len(kept) >= _MAX_KEPT:
            kept.pop(next(iter(kept)))
        with st.spinner(f"Running {TITLES[method]}…"):
            kept[key] = session.screener(bundle.name).explain(film, method)
    return kept[key]
