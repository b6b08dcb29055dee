"""Error gallery: the most confident mistakes, the least certain films, ten at random."""

from typing import Any

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle, results
from covidweb.markdown import escape
from covidweb.screening.words import films_words, probability_words
from covidweb.sets import set_title
from covidweb.views import parts
from covidweb.views.training import data, films

_COUNT = 8
_KINDS = ("Confident mistakes", "Least certain", "Ten at random")
_COLUMNS = ["image_id", "label", "answer", "score", "set", "source", "view", "group"]


def show(bundles: list[Bundle]) -> None:
    """Show one kind of films at a time, as cards where the films are here, always as a table."""
    st.header("Films to look at")
    bundle = data.one_of(bundles, "mistakes_model")
    rows = data.predictions(bundle) if bundle else None
    if bundle is None or rows is None:
        return
    kind = parts.choose("Show", list(_KINDS), key="mistakes_kind")
    chosen = _filtered(rows) if kind != _KINDS[2] else rows
    limit = data.threshold(bundle)
    found, said = _pick(kind, chosen, limit)
    st.markdown(said)
    if found.empty:
        return
    found = found.assign(answer=found["score"].ge(limit).map({True: "covid", False: "not covid"}))
    _gallery(bundle, found.head(10 if kind == _KINDS[2] else _COUNT), rows)
    columns = [c for c in _COLUMNS if c in found]
    parts.show_table(found[columns].head(500), "films", expanded=not films.paths())


def _filtered(rows: pd.DataFrame) -> pd.DataFrame:
    sets = {"All": None} | {
        set_title(name): name for name in rows["set"].unique() if name != "not_cxr"
    }
    left, right = st.columns(2)
    chosen = sets[left.selectbox("Set", list(sets), key="mistakes_set")]
    rows = rows[rows["set"] == chosen] if chosen else rows
    sources = ["All", *sorted(rows["source"].astype(str).unique())]
    source = right.selectbox("Source", sources, key="mistakes_source")
    return rows if source == "All" else rows[rows["source"] == source]


def _pick(kind: str, rows: pd.DataFrame, limit: float) -> tuple[pd.DataFrame, str]:
    if kind == _KINDS[0]:
        found = results.mistakes(rows, limit)
        missed = int(found["covid"].sum())
        return found, (
            f"Answered wrongly at the threshold {limit:.2f}: {len(found)} of "
            f"{films_words(len(rows))}, {missed} missed and {len(found) - missed} wrongly called "
            "COVID-19. The most confident come first."
        )
    if kind == _KINDS[1]:
        return results.least_certain(
            rows, limit
        ), f"The films nearest to the threshold {limit:.2f}."
    return _ten(rows, limit)


def _ten(rows: pd.DataFrame, limit: float) -> tuple[pd.DataFrame, str]:
    """Draw ten films of the test split, as the article evaluates ten samples."""
    if st.button("Draw ten others", icon=":material/casino:", key="ten_again"):
        st.session_state["ten_draw"] = st.session_state.get("ten_draw", 0) + 1
    found = results.ten_sample(rows, st.session_state.get("ten_draw", 0))
    right = int((found["score"].ge(limit) == found["covid"]).sum())
    return found, (
        f"The article shows ten samples. Of these ten of the test split, {right} are answered "
        "rightly; ten films say little, so draw again and see how it moves."
    )


def _gallery(bundle: Bundle, found: pd.DataFrame, rows: pd.DataFrame) -> None:
    paths = films.paths()
    if not paths:
        st.info(
            "The films themselves are not on this machine: the Dataset page fetches them, or set "
            "COVIDWEB_DATA to their folder.",
            icon=":material/image_not_supported:",
        )
        return
    overlay = st.toggle(
        "Draw the heatmaps", key="mistakes_overlay", help="Loads the network; seconds at first."
    )
    columns = st.columns(4)
    for index, (_, film) in enumerate(found.iterrows()):
        with columns[index % 4].container(border=True):
            _card(bundle, film, rows, paths.get(str(film["image_id"])), overlay)


def _card(
    bundle: Bundle, film: pd.Series, rows: pd.DataFrame, path: str | None, overlay: bool
) -> None:
    picture: Any = None
    if path is not None:
        drawn = films.overlay if overlay else films.plain
        picture = parts.attempt(lambda: drawn(path, bundle.name))
    right = (film["answer"] == "covid") == bool(film["covid"])
    verdict = "right" if right else "wrong"
    if picture is not None:
        alt = f"Film {film['image_id']}, truth {film['label']}, answered {film['answer']}"
        st.image(picture, width="stretch", alt=alt)
    elif path is None:
        st.caption("This film is not on this machine.")
    icon = ":material/check:" if right else ":material/close:"
    score = probability_words(film["score"])
    st.markdown(f"{icon} **{score}** · truth: {escape(film['label'])}, answer {verdict}")
    said = (film["image_id"], film["source"], set_title(film["set"]))
    st.caption(" · ".join(escape(text) for text in said))
    near = results.neighbours(rows, film)
    with st.popover("Near films", icon=":material/join_inner:", width="stretch"):
        st.dataframe(
            near[["image_id", "near", "label", "score"]],
            width="stretch",
            hide_index=True,
            key=f"near-{film['image_id']}",
        )
