"""A page of films; only its own films are read."""

import math

import pandas as pd
import streamlit as st

from covidweb.markdown import escape
from covidweb.views.dataset import films
from covidweb.views.dataset.films import Films
from covidweb.views.whole import whole

PAGE = 24
WIDTH = 150
_ORDERS = {
    "Manifest": None,
    "Score, highest first": ("score", False),
    "Score, lowest first": ("score", True),
    "Contrast, lowest first": ("contrast", True),
    "Mixed": None,
}


def show(table: Films, chosen: pd.DataFrame) -> None:
    """Draw the films of one page, in the chosen order."""
    pages = math.ceil(len(chosen) / PAGE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox("Order", list(_ORDERS), key="order", bind="query-params", width=220)
        if pages > 1:
            number = st.number_input(
                f"Page of {pages:,}",
                1,
                pages,
                1,
                # Its key follows the number of pages, so that it is always one of them.
                key=f"page-of-{pages}",
                width=160,
            )
        else:
            number = 1
    rows = _ordered(chosen, str(order)).iloc[(number - 1) * PAGE : number * PAGE]
    tiles(table, rows, "gallery")


def tiles(table: Films, rows: pd.DataFrame, place: str, captions: bool = True) -> None:
    """Draw films beside each other, each with a button that opens it.

    Args:
        table: where the films are.
        rows: the films; a column `why` is added to their captions.
        place: unique on the page.
        captions: tell label and source.
    """
    with st.container(horizontal=True, gap="small"):
        for _, row in rows.iterrows():
            with st.container(width=WIDTH, gap="xxsmall"):
                picture = films.small(table.root, row["file"])
                if picture is None:
                    st.warning("Not there", icon=":material/broken_image:")
                else:
                    st.image(picture, width=WIDTH, alt=films.alt_text(row))
                if captions:
                    st.caption(_caption(row))
                st.button(
                    escape(row["image_id"]),
                    key=f"{place}-{row['image_id']}",
                    help="Open this film",
                    type="tertiary",
                    on_click=open_film,
                    args=(row["image_id"],),
                )


@whole
def open_film(image_id: str) -> None:
    """Open a film large: its name goes into the page's address."""
    st.query_params["film"] = image_id
    st.session_state["section"] = "Films"


def _caption(row: pd.Series) -> str:
    lines = [films.label_text(row), str(row["source"])]
    if not pd.isna(row["score"]):
        lines.append(f"score {row['score']:.2f}, {row['outcome']}")
    if "why" in row:
        lines.append(str(row["why"]))
    return "  \n".join(escape(line) for line in lines)


def _ordered(chosen: pd.DataFrame, order: str) -> pd.DataFrame:
    if order == "Mixed":
        return chosen.sample(frac=1, random_state=0)
    by = _ORDERS.get(order)
    if by is None:
        return chosen
    return chosen.sort_values(by[0], ascending=by[1], kind="stable", na_position="last")
