"""The home page: what is loaded, how good it is at home and elsewhere, and where to go."""

import sys

import streamlit as st

from covidweb.bundle import Bundle, Evaluation, results
from covidweb.bundle.evaluation import Metrics
from covidweb.markdown import escape
from covidweb.sets import INSIDE
from covidweb.views import parts

_STEPS = (
    ("pages/screen.py", "Screen films", ":material/radiology:", "One film or a folder of them."),
    ("pages/training.py", "How good is it?", ":material/monitoring:", "At home and elsewhere."),
    ("pages/dataset.py", "See the data", ":material/photo_library:", "What it learned from."),
    ("pages/model_card.py", "Model card", ":material/id_card:", "Use, limits, hash, versions."),
)
_METRICS = ("auc", "sensitivity", "specificity")


def next_steps() -> None:
    """Link to the other pages."""
    for column, (path, label, icon, said) in zip(st.columns(4), _STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            parts.page_link(path, label, icon)
            st.caption(said)


def models() -> None:
    """Show every classifier with its figures inside and outside, and the device."""
    found = parts.bundles(parts.CLASSIFIERS)
    st.subheader("How good it is")
    if not found:
        st.info(
            "No model is installed. Train one: `python -m covidweb train seed --data DIR`.",
            icon=":material/info:",
        )
    for bundle in found:
        _model(bundle)
    st.caption(f":material/memory: {device()}")


def what_it_is_not() -> None:
    """Say what the answer means and what it does not."""
    st.subheader("What it is, and what it is not")
    left, right = st.columns(2)
    left.markdown(
        "**It is** a way to study what a network reads from chest radiographs: how sure it is, "
        "which part of the film it used, and how far its figures hold in a hospital that it "
        "never saw."
    )
    right.markdown(
        "**It is not** a diagnosis. A film can look normal in COVID-19, and other pneumonias "
        "look like it. It knows two answers only. A negative answer rules nothing out."
    )


def device() -> str:
    """Return what the networks run on, without loading TensorFlow to find out."""
    if not hasattr(sys.modules.get("tensorflow"), "config"):
        return "The network is loaded with the first film, on a GPU where TensorFlow sees one."
    from covidweb.networks.device import prepare_device

    return f"The network runs on: {prepare_device()}."


def _model(bundle: Bundle) -> None:
    with st.container(border=True):
        st.markdown(f"**{escape(bundle.card.title)}** · model {escape(bundle.name)}")
        st.caption(f"sha256 {escape(bundle.sha256[:12])}…")
        evaluation = parts.attempt(bundle.evaluation)
        if evaluation is None:
            return
        left, right = st.columns(2)
        with left:
            st.markdown(":material/home_health: **Inside**: other films of the same hospitals")
            inside = evaluation.sets.get(INSIDE)
            _tiles(inside.metrics if inside else {})
        with right:
            title, metrics = outside(evaluation)
            st.markdown(f":material/public: **Outside**: {escape(title)}")
            _tiles(metrics)
        parts.within_one_place(evaluation)


def outside(evaluation: Evaluation) -> tuple[str, Metrics]:
    """Return the largest comparison among sets never trained on: its title and metrics."""
    table = results.outside_comparisons(evaluation)
    if table.empty:
        return "not measured yet", {}
    name = table.loc[table["n"].idxmax(), "name"]
    entry = evaluation.comparisons[name]
    return f"hospitals it never saw ({entry.title})", entry.metrics


def _tiles(metrics: Metrics) -> None:
    with st.container(horizontal=True, gap="small"):
        for name in _METRICS:
            value = metrics.get(name)
            text = "–" if value is None else f"{value['value']:.2f}"
            note = None if value is None else f"{value['low']:.2f} to {value['high']:.2f}"
            title = results.METRIC_TITLES[name]
            st.metric(title, text, note, delta_color="off", delta_arrow="off", width=92)
