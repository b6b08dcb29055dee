"""One film, large: overlay, film or both, with window, colours, outline and zones at hand."""

from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image
from plotly.colors import sequential

from covidweb.radiograph import Radiograph
from covidweb.report import overlay
from covidweb.report.overlay import COLOUR_MAPS
from covidweb.screening.films import Row
from covidweb.screening.result import ScreeningResult
from covidweb.screening.words import evidence_sentence
from covidweb.views.screen.figure import CONFIG, film_figure, fitting_height

OVERLAY, BOTH, FILM = "Overlay", "Side by side", "Film"


@dataclass(frozen=True)
class Display:
    """How the reader wants to see the film; kept for the session."""

    view: str
    opacity: float
    colour_map: str
    window: tuple[float, float]
    invert: bool
    outline: bool
    zones: bool


@st.fragment
def show(row: Row, film: Radiograph, revealed: bool = True) -> None:
    """Draw the film with its controls; without `revealed` the film alone, for reading first."""
    mapped = revealed and row.result.heatmap is not None
    display = _controls(mapped, revealed and row.result.lung_mask is not None)
    pictures = [("", draw(film, row.result, display, display.view != FILM))]
    if display.view == BOTH:
        pictures = [("Film", draw(film, row.result, display, False)), ("Evidence", pictures[0][1])]
    figure = film_figure(
        pictures,
        getattr(sequential, display.colour_map) if display.view != FILM else None,
        row.result.heatmap_scale,
        height=fitting_height(pictures[0][1].size, len(pictures), "Mobi" in _agent()),
        revision=f"{row.film.key}-{display.view}",
    )
    st.plotly_chart(
        figure, width="stretch", key="screen_figure", config=CONFIG, alt=_alt(row, display)
    )


def draw(film: Radiograph, result: ScreeningResult, display: Display, mapped: bool) -> Image.Image:
    """Return the film as the reader wants it, with or without the evidence over it."""
    return overlay(
        film,
        result if mapped else replace(result, heatmap=None),
        opacity=display.opacity,
        outline=display.outline,
        zones=display.zones,
        colour_map=display.colour_map,
        invert=display.invert,
        window=display.window,
    )


def _controls(mapped: bool, lungs: bool) -> Display:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = FILM
        if mapped:
            view = str(
                st.segmented_control(
                    "View",
                    [OVERLAY, BOTH, FILM],
                    default=OVERLAY,
                    required=True,
                    key="screen_view",
                    label_visibility="collapsed",
                    persist_state="session",
                )
            )
        opacity = 0.45
        if mapped and view != FILM:
            opacity = st.slider(
                "Overlay opacity",
                0.0,
                1.0,
                0.45,
                0.05,
                key="screen_opacity",
                width=140,
                persist_state="session",
            )
        with st.popover("Display", icon=":material/tune:"):
            return _more(view, opacity, mapped, lungs)


def _more(view: str, opacity: float, mapped: bool, lungs: bool) -> Display:
    window = st.slider(
        "Grey levels shown, %",
        0,
        100,
        (0, 100),
        key="screen_window",
        help="Level and window: everything below is black, everything above is white.",
        persist_state="session",
    )
    invert = st.checkbox("Invert: bones black", key="screen_invert", persist_state="session")
    outline = lungs and st.checkbox(
        "Outline the lungs", key="screen_outline", persist_state="session"
    )
    zones = lungs and st.checkbox("Show the six zones", key="screen_zones", persist_state="session")
    colour_map = COLOUR_MAPS[0]
    if mapped:
        colour_map = str(
            st.selectbox("Colours", COLOUR_MAPS, key="screen_colours", persist_state="session")
        )
    low, high = window[0] / 100, max(window[1], window[0] + 1) / 100
    return Display(view, opacity, colour_map, (low, high), invert, outline, zones)


def _alt(row: Row, display: Display) -> str:
    said = f"Chest film {row.film.name}"
    if display.view == FILM:
        return f"{said}."
    return f"{said} with the model's evidence drawn over it. {evidence_sentence(row.result)}"


def _agent() -> str:
    """Return the browser's name for itself: phones say Mobile, and get a lower figure."""
    return str(st.context.headers.get("User-Agent", ""))
