"""The home page: what is loaded, how good it is at home and elsewhere, and where to go."""

import sys
from functools import partial

import streamlit as st

from covidweb.bundle import Bundle, list_bundles, results
from covidweb.markdown import escape
from covidweb.networks.device import may_have_gpu, prepare_device
from covidweb.screening.words import films_words
from covidweb.views import figures, parts
from covidweb.views.press import press
from covidweb.views.screen import upload, worklist

_STEPS = (
    ("pages/screen.py", "Screen films", ":material/radiology:", "One film or a folder of them."),
    ("pages/training.py", "How good is it?", ":material/monitoring:", "At home and elsewhere."),
    ("pages/dataset.py", "See the data", ":material/photo_library:", "What it learned from."),
    ("pages/model_card.py", "Model card", ":material/id_card:", "Use, limits, hash, versions."),
)
_METRICS = ("auc", "sensitivity", "specificity")
_PLACES = {
    "inside": "**Inside**, other films of the hospitals it learned from",
    "outside": "**Outside**, hospitals it never saw",
}


def take_film() -> None:
    """Take films in at the door, and go to where they are read."""
    if not list_bundles(kinds=parts.CLASSIFIERS):
        return
    films = worklist.current()
    worklist.keep_in_tab(films)
    before = len(films.films)
    upload.uploader(films)
    press(
        "Try a simulated film",
        "experiment",
        "home_sample",
        partial(upload.add_samples, films),
        "Computed from a digital chest, nobody's radiograph.",
    )
    if films.arrived:
        parts.go_to("pages/screen.py", "See the answer")
    elif before:
        back = "Back to the film" if before == 1 else f"Back to the {films_words(before)}"
        parts.page_link("pages/screen.py", back, ":material/radiology:")


def next_steps() -> None:
    """Link to the other pages."""
    for column, (path, label, icon, said) in zip(st.columns(4), _STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            parts.page_link(path, label, icon)
            st.caption(said)


def models() -> None:
    """Show every classifier with its figures inside and outside, and the device."""
    found = parts.bundles(parts.CLASSIFIERS)
    st.header("How good it is")
    if not found:
        st.info(
            "No model is installed. Train one: `python -m covidweb train seed --data DIR`.",
            icon=":material/info:",
        )
    for bundle in found:
        _model(bundle)
    if found:
        parts.why_within_one_place()
    st.caption(f":material/memory: {device()}")


def what_it_is_not() -> None:
    """Say what the answer means and what it does not."""
    st.header("What it is, and what it is not")
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
    if not may_have_gpu():
        return "The network runs on: CPU."
    if not hasattr(sys.modules.get("tensorflow"), "config"):
        return "The network is loaded while you read this, on a GPU where TensorFlow sees one."
    return f"The network runs on: {prepare_device()}."


def _model(bundle: Bundle) -> None:
    with st.container(border=True):
        st.markdown(f"### {escape(bundle.card.title)}")
        st.caption(f"Model {escape(bundle.name)}, sha256 {escape(bundle.sha256[:12])}…")
        evaluation = parts.attempt(bundle.evaluation)
        if evaluation is None:
            return
        parts.within_one_place(evaluation, bundle.name)
        said = parts.attempt(partial(across_places, bundle))
        if said:
            st.markdown(said)


def across_places(bundle: Bundle) -> str:
    """Say what a model reaches where places differ, and that they do. Raises ModelError."""
    lines = [f"- {said}: {_figures(bundle, place)}" for place, said in _PLACES.items()]
    return (
        ":material/public: **Across places**: COVID-19 against normal, the sick and the healthy "
        "mostly from different hospitals\n" + "\n".join(lines)
    )


def _figures(bundle: Bundle, place: str) -> str:
    values = {"auc": figures.auc(bundle, place), **figures.rates(bundle, place)}
    titles = {name: results.METRIC_TITLES[name] for name in _METRICS}
    said = [f"{titles[name]} {parts.interval_text(values.get(name))}" for name in _METRICS]
    return ", ".join([said[0], *(text[0].lower() + text[1:] for text in said[1:])])
