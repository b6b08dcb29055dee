"""The threshold: where these films' scores lie, and what a cut means inside and outside."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from covidweb.bundle import Bundle
from covidweb.screening.films import Row
from covidweb.screening.words import films_words
from covidweb.views import parts
from covidweb.views.charts import COLOURS, MUTED
from covidweb.views.screen import meaning
from covidweb.views.screen.verdict import chosen_threshold, threshold_key
from covidweb.views.whole import whole

PREVALENCES = (1, 2, 5, 10, 20, 30, 50)
_TITLES = {
    "sensitivity": "Sensitivity: sick films found",
    "specificity": "Specificity: normal films left alone",
    "ppv": "PPV: suspected films that are sick",
    "npv": "NPV: unsuspected films that are normal",
}


def show(rows: Sequence[Row], bundle: Bundle) -> None:
    """Draw the panel, closed at first."""
    panel = st.expander(
        "Threshold: what it finds and what it misses",
        icon=":material/tune:",
        key="screen_threshold_panel",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        threshold, prevalence = _sliders(bundle)
        scores = [r.result.probability for r in rows if r.result.probability is not None]
        if len(scores) > 1:
            st.plotly_chart(
                histogram(scores, threshold),
                width="stretch",
                key="screen_histogram",
                config={"displaylogo": False},
                alt=f"Histogram of {len(scores)} probabilities with the threshold {threshold:.2f}",
            )
        _rates(bundle, threshold, prevalence)


def histogram(scores: Sequence[float], threshold: float) -> go.Figure:
    """Return the scores (0..1) of these films in bins of 0.05, with the threshold drawn."""
    counts, edges = np.histogram(scores, bins=20, range=(0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    colours = [COLOURS[1] if centre >= threshold else COLOURS[0] for centre in centres]
    figure = go.Figure(
        go.Bar(
            x=centres,
            y=counts,
            width=0.046,
            marker={"color": colours},
            hovertemplate="around %{x:.2f}: %{y} films<extra></extra>",
        )
    )
    figure.add_vline(
        threshold, line_dash="dash", line_color=MUTED, annotation_text=f"threshold {threshold:.2f}"
    )
    figure.update_xaxes(title="Probability of COVID-19", range=[0, 1])
    figure.update_yaxes(title="Films here", rangemode="tozero")
    figure.update_layout(height=220, margin={"l": 8, "r": 8, "t": 24, "b": 8}, bargap=0)
    return figure


def rates_frame(places: Sequence[meaning.Place]) -> pd.DataFrame:
    """Return one row per rate and one column per population, with 95 % intervals."""
    table = {
        meaning.PLACES[place.name].capitalize(): [
            parts.interval_text(place.rates.get(rate)) for rate in _TITLES
        ]
        for place in places
    }
    return pd.DataFrame({"": list(_TITLES.values()), **table})


def _sliders(bundle: Bundle) -> tuple[float, float]:
    key, card = threshold_key(bundle), bundle.card.threshold
    st.session_state.setdefault(key, card)
    left, right = st.columns(2)
    threshold = left.slider(
        "Threshold on the probability",
        0.01,
        0.99,
        step=0.01,
        key=key,
        persist_state="session",
        help="Films at or above it are called suspicious. The answers on this page follow it.",
    )
    prevalence = right.select_slider(
        "Infected people among those screened, %",
        PREVALENCES,
        value=10,
        key="screen_prevalence",
        persist_state="session",
        help="PPV and NPV depend on it: the rarer the disease, the more suspicions are false.",
    )
    if abs(threshold - card) > 0.005:
        left.button(
            f"Back to the model's own {card:.2f}",
            icon=":material/undo:",
            on_click=_set,
            args=(key, card),
        )
    return chosen_threshold(bundle), prevalence / 100


@whole
def _set(key: str, threshold: float) -> None:
    st.session_state[key] = threshold


def _rates(bundle: Bundle, threshold: float, prevalence: float) -> None:
    places = meaning.places(bundle, threshold, prevalence)
    if not places:
        st.caption("What this threshold finds and misses has not been measured for this model.")
        return
    st.dataframe(
        rates_frame(places),
        width="stretch",
        hide_index=True,
        alt="Sensitivity, specificity, PPV and NPV inside and outside",
    )
    counted = "; ".join(
        f"{meaning.PLACES[p.name]}: {films_words(p.films)}, {p.positives:,} of them COVID-19"
        for p in places
    )
    st.caption(f"With 95 % intervals over patients. Measured on {counted}.")
