"""The first thing seen: how much is lost between home and a hospital never seen."""

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.views import charts, parts
from covidweb.views.training import data

_SHOWN = ("auc", "accuracy")


def show(bundles: list[Bundle]) -> None:
    """Show inside and outside side by side for every classifier, and the gap between them."""
    gaps = {b.name: table for b in bundles if (table := data.gap(b)) is not None}
    gaps = {name: table[table["metric"].isin(_SHOWN)] for name, table in gaps.items()}
    gaps = {name: table for name, table in gaps.items() if not table.empty}
    if not gaps:
        st.info("No model has been evaluated yet.", icon=":material/info:")
        return
    st.header("Inside and outside")
    st.markdown(
        "Inside is the test split of the hospitals it learned from. Outside is hospitals that it "
        "never saw. **Believe the outside figures**, and those within one place more than those."
    )
    parts.why_within_one_place()
    evaluations = {b.name: data.evaluation(b) for b in bundles}
    for name, table in gaps.items():
        st.markdown(f"### Model {escape(name)}")
        if found := evaluations.get(name):
            parts.within_one_place(found, name)
        st.markdown(
            ":material/public: **Across places**: the sick and the healthy mostly from different "
            "hospitals"
        )
        _tiles(name, table)
    figure = charts.gap_chart(gaps, article_accuracy(bundles))
    table = pd.concat([t.assign(model=name) for name, t in gaps.items()])
    parts.show_chart(figure, table, "inside-outside", _alt(table))


def article_accuracy(bundles: list[Bundle]) -> float | None:
    """Return the accuracy that the article reports, from the card of the bundle rebuilt on it."""
    return next((b.card.article.accuracy for b in bundles if b.card.article), None)


def _tiles(name: str, table: pd.DataFrame) -> None:
    values = table[table["metric"] == "auc"].set_index("place")
    with parts.tiles(f"across_{name}"):
        for place in ("inside", "outside"):
            row = values.loc[place] if place in values.index else None
            parts.metric(f"AUC {place}", row, 98)
        if {"inside", "outside"} <= set(values.index):
            # Of the figures as they stand beside it: a reader subtracts them.
            lost = round(values.loc["outside", "value"], 2) - round(
                values.loc["inside", "value"], 2
            )
            shown = f"{lost:+.2f}"
            shown = "0.00" if shown in ("+0.00", "-0.00") else shown
            st.metric("Gap", shown, width=98, help="AUC outside minus AUC inside.")


def _alt(table: pd.DataFrame) -> str:
    auc = table[table["metric"] == "auc"]
    said = [f"{row.model} {row.place} {row.value:.2f}" for row in auc.itertuples()]
    return "Inside and outside values of the main metrics. AUC: " + ", ".join(said)
