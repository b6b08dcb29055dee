"""Counts, ages, views and sizes; grey levels and mean films of a sample."""

from pathlib import Path

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import streamlit as st

from covidweb.dataset import statistics
from covidweb.dataset.pictures import LEVELS, grey_levels, mean_film, sample, small_films
from covidweb.markdown import escape
from covidweb.views import parts
from covidweb.views.charts import COLOURS
from covidweb.views.dataset.films import LABELS

_BY = {"Label": "label", "Source": "source", "Set": "set", "Split": "split", "View": "view"}
_PATTERNS = ("", "/", "x", ".", "\\", "-")
_LABELS = ("covid", "normal", "pneumonia", "tuberculosis", "other", "not_cxr")
_TITLES = [LABELS.get(name, name) for name in _LABELS]
_LINES = 6
"""Groups whose grey levels can be told apart as lines in one chart; more are drawn as bands."""
_COLOUR = dict(zip(_TITLES, COLOURS, strict=False))
_PATTERN = dict(zip(_TITLES, _PATTERNS, strict=True))


def show(root: Path, rows: pd.DataFrame) -> None:
    """Draw the plots of the films that pass the filters."""
    st.header("How many")
    by = parts.choose("Count by", list(_BY), "count_by", "Source")
    table = statistics.counts(rows, _BY[by], "label")
    parts.show_chart(bars(table, _BY[by]), table, f"films-by-{_BY[by]}", f"Films by {by.lower()}")
    st.header("Age and size")
    ages = statistics.ages(rows)
    if ages.empty:
        st.caption("No age is known.")
    else:
        alt = "Films by decade of age and label"
        parts.show_chart(bars(ages, "age", "v"), ages, "films-by-age", alt)
    st.caption(escape(statistics.age_note(rows)))
    sizes = statistics.sizes(rows)
    if not sizes.empty:
        alt = "Films by size of the original"
        parts.show_chart(bars(sizes, "size"), sizes, "films-by-size", alt)
    _looks(root, rows)


def bars(table: pd.DataFrame, by: str, orientation: str = "h") -> go.Figure:
    """Return stacked bars of films by a column, coloured and patterned by label."""
    across, along = ("films", by) if orientation == "h" else (by, "films")
    colour = "label" if "label" in table else None
    if colour:
        table = table.assign(label=table["label"].map(lambda name: LABELS.get(name, name)))
    figure = px.bar(
        table,
        x=across,
        y=along,
        color=colour,
        pattern_shape=colour,
        color_discrete_map=_COLOUR,
        pattern_shape_map=_PATTERN,
        orientation=orientation,
    )
    order = list(dict.fromkeys(table[by]))
    if orientation == "h":
        figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], title=None)
    height = 150 + 32 * len(order) if orientation == "h" else 380
    return _finish(figure, height)


def _looks(root: Path, rows: pd.DataFrame) -> None:
    """Draw mean films and grey levels, by source or by class, of a sample."""
    st.header("What they look like on the whole")
    by = parts.choose("Side by side", ["Source and class", "Class"], "looks_by")
    keys = ["source", "label"] if by == "Source and class" else ["label"]
    chosen = sample(rows)
    films = _small(str(root), tuple(chosen["file"]))
    groups = chosen.reset_index(drop=True).groupby(keys, sort=True).groups
    st.caption(
        f"From {len(chosen)} films, at most 24 of each source and class. Mean films that differ "
        "in frame and grey are a way to tell hospitals apart without seeing a lung."
    )
    levels = []
    with st.container(horizontal=True, gap="small"):
        for name, index in groups.items():
            words = name if isinstance(name, tuple) else (name,)
            title = ", ".join(LABELS.get(str(word), str(word)) for word in words)
            members = films[list(index)]
            st.image(
                mean_film(members), caption=escape(title), width=150, alt=f"Mean film of {title}"
            )
            shares = grey_levels(members)
            levels += [(title, (i + 0.5) / LEVELS, share) for i, share in enumerate(shares)]
    table = pd.DataFrame(levels, columns=["films", "grey", "share"])
    name = "grey-levels-by-" + "-".join(keys)
    alt = "Grey levels of the films, by group"
    parts.show_chart(grey_chart(table), table, name, alt)


def grey_chart(table: pd.DataFrame) -> go.Figure:
    """Draw how often each grey level occurs: lines for a few groups, else a band for each."""
    wide = table.pivot(index="films", columns="grey", values="share")
    wide = wide.loc[table["films"].unique()]
    if len(wide) <= _LINES:
        figure = px.line(table, x="grey", y="share", color="films", line_dash="films")
        figure.update_yaxes(title="Share of the pixels", tickformat=".0%")
        height = 460
    else:
        most = float(np.quantile(wide, 0.98))
        title = f"Share of the pixels; yellow is {most:.0%} or more"
        bands = go.Heatmap(
            x=wide.columns,
            y=wide.index,
            z=wide,
            ygap=2,
            colorscale="Viridis",
            # A plain background is most of some films: it must not set the scale of the others.
            zmin=0,
            zmax=most,
            colorbar={"orientation": "h", "y": 1.0, "yanchor": "bottom", "thickness": 12}
            | {"tickformat": ".0%", "title": {"text": title, "side": "top"}},
            hovertemplate="%{y}<br>grey %{x:.2f}: %{z:.1%}<extra></extra>",
        )
        figure = go.Figure(bands)
        figure.update_yaxes(autorange="reversed")
        height = 170 + 26 * len(wide)
    figure.update_xaxes(title="Grey level, 0 air to 1 bone")
    return _finish(figure, height)


@st.cache_data(max_entries=8, show_spinner="Looking at films")
def _small(root: str, files: tuple[str, ...]) -> np.ndarray:
    return small_films(Path(root), files)


def _finish(figure: go.Figure, height: int) -> go.Figure:
    """Set what all charts share: room for touch screens, and the legend above the plot."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 24, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.04, "x": 0, "title": None},
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
