"""The six zones as a small picture of the lungs, in the colours of the page."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from covidweb.screening.result import ScreeningResult
from covidweb.screening.words import ZONE_TITLES, evidence_sentence
from covidweb.views import parts
from covidweb.views.charts import INK, MUTED

_LEVELS = ("upper", "middle", "lower")
_SIDES = ("right", "left")
_HEIGHTS = (0.0, 0.06, 0.2, 0.4, 0.6, 0.8, 0.93, 1.0)
_OUTER = (0.36, 0.27, 0.17, 0.09, 0.05, 0.03, 0.03, 0.06)
_INNER = (0.38, 0.43, 0.45, 0.45, 0.44, 0.43, 0.42, 0.40)
"""A right lung from top to bottom, as it lies on a film: outer and inner border, 0..0.5."""


def show(result: ScreeningResult) -> None:
    """Draw the zones with their shares of the evidence, and the sentence about them."""
    st.markdown(evidence_sentence(result))
    normal = result.status == "ok" and result.verdict == "normal"
    if result.regions and sum(result.regions.values()) > 0 and not normal:
        st.plotly_chart(
            picture(result.regions, parts.ink()),
            width=280,
            key="screen_zone_picture",
            config={"staticPlot": True},
            alt=alt_text(result.regions),
        )
        st.caption("Share of the model's evidence per zone. It is not how severe anything is.")


def picture(regions: Mapping[str, float], ink: str = INK[False]) -> go.Figure:
    """Return both lungs in thirds, tinted by share, with the percentages written in.

    Args:
        regions: zone name to its share 0..1.
        ink: colour of the percentages, legible on the tints and on the page.
    """
    figure, top = go.Figure(), max(*regions.values(), 1e-9)
    for side in _SIDES:
        for index, level in enumerate(_LEVELS):
            share = regions.get(f"{side}_{level}", 0.0)
            _zone(figure, side, index, share, 0.04 + 0.46 * share / top, ink)
        x = 0.25 if side == "right" else 0.75
        figure.add_annotation(
            x=x, y=1.08, text=side.capitalize(), showarrow=False, font={"color": ink}
        )
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(visible=False, range=[1.14, -0.02])
    figure.update_layout(
        height=230,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def alt_text(regions: Mapping[str, float]) -> str:
    """Return the shares as a sentence, for those who do not see the picture."""
    said = ", ".join(f"{ZONE_TITLES[z]} {share:.0%}" for z, share in regions.items())
    return f"The lungs in six zones, with each zone's share of the evidence: {said}."


def _zone(figure: go.Figure, side: str, index: int, share: float, tint: float, ink: str) -> None:
    y = np.linspace(index / 3, (index + 1) / 3, 24)
    outer, inner = np.interp(y, _HEIGHTS, _OUTER), np.interp(y, _HEIGHTS, _INNER)
    x = np.concatenate([outer, inner[::-1]])
    figure.add_scatter(
        x=x if side == "right" else 1 - x,
        y=np.concatenate([y, y[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor=f"rgba(47,131,179,{tint:.3f})",
        line={"color": MUTED, "width": 1.5},
    )
    centre = float((outer + inner).mean() / 2)
    figure.add_annotation(
        x=centre if side == "right" else 1 - centre,
        y=float(y.mean()),
        text=f"{share:.0%}",
        showarrow=False,
        font={"color": ink},
    )
