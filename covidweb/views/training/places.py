"""How good, where: every set, comparison, source and view, with intervals."""

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle, results
from covidweb.sets import PLACES
from covidweb.views import charts, parts
from covidweb.views.training import data
from covidweb.views.training.gap import article_accuracy

_METRICS = ("auc", "sensitivity", "specificity", "accuracy")
_LEVELS = {
    "Sets and comparisons": ("set", "comparison"),
    "Sources": ("source",),
    "Views": ("view",),
}


def show(bundles: list[Bundle]) -> None:
    """Show the forest plot and the table of one metric, all models side by side."""
    st.header("How good, where")
    table = _all(data.with_predictions(bundles))
    if table.empty:
        st.info("No model has been evaluated yet.", icon=":material/info:")
        return
    titles = {results.METRIC_TITLES[name]: name for name in _METRICS}
    left, right = st.columns(2)
    with left:
        title = parts.choose("Metric", list(titles), key="places_metric")
    with right:
        level = parts.choose("By", list(_LEVELS), key="places_level")
    metric = titles[title]
    rows = ordered(table[table["metric"].eq(metric) & table["level"].isin(_LEVELS[level])])
    st.caption(_explained(metric))
    if rows.empty:
        st.info(f"{title} is not defined for any of these.", icon=":material/info:")
        return
    line = article_accuracy(bundles) if metric == "accuracy" else None
    alt = f"{title} with 95 % intervals for {rows['title'].nunique()} {level.lower()}."
    parts.show_chart(charts.forest(rows, title, line), rows, f"forest-{metric}", alt)
    st.dataframe(wide(rows), width="stretch", key="places_table")
    _called(bundles)


def _called(bundles: list[Bundle]) -> None:
    """Show what else is called COVID-19: the films of every label, model beside model."""
    found = {b.name: data.evaluation(b) for b in data.with_predictions(bundles)}
    tables = [
        results.called_covid(values).assign(series=name)
        for name, values in found.items()
        if values is not None
    ]
    table = pd.concat(tables) if tables else pd.DataFrame()
    if table.empty:
        return
    st.header("What is called COVID-19")
    st.caption(
        "The share of films of each kind that is called COVID-19 at the card's threshold. It "
        "should be near 1 for COVID-19 only: the model knows two answers, so every other disease "
        "gets one of them."
    )
    table = table[table["place"].isin(["inside", "outside", "stress"])]
    said = [
        f"{row.series}, {row.name_}: {row.value:.0%}"
        for row in table.rename(columns={"name": "name_"}).itertuples()
    ]
    figure = charts.bars(ordered(table), "Share called COVID-19")
    parts.show_chart(figure, table, "called-covid", "; ".join(said))


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per place and one column per model, values as text with intervals."""
    text = rows.assign(text=[parts.interval_text(row) for _, row in rows.iterrows()])
    table = text.pivot_table("text", ["title", "n"], "model", "first", sort=False)
    return table.reset_index().rename(columns={"title": "Where", "n": "Films"}).set_index("Where")


def ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows inside first, then outside, then stress."""
    rank = rows["place"].map({place: index for index, place in enumerate(PLACES)})
    return rows.assign(rank=rank).sort_values("rank", kind="stable").drop(columns="rank")


def _all(bundles: list[Bundle]) -> pd.DataFrame:
    read = {b.name: data.evaluation(b) for b in bundles}
    tables = [
        results.result_table(values).assign(model=name)
        for name, values in read.items()
        if values is not None
    ]
    return pd.concat(tables) if tables else pd.DataFrame()


def _explained(metric: str) -> str:
    base = {
        "auc": "The chance that a sick film scores higher than a healthy one: 0.5 is guessing. "
        "A set with one class only has no AUC; comparisons pair the sick of one set with the "
        "healthy of another.",
        "sensitivity": "The share of sick films that are called COVID-19 at the card's threshold.",
        "specificity": "The share of other films that are not called COVID-19 at the card's "
        "threshold.",
        "accuracy": "The share of right answers at the card's threshold; it depends on how many "
        "of the films are sick.",
    }
    return base[metric] + " Circle: inside; diamond: outside; square: stress set."
