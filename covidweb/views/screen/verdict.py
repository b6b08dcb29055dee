"""The answer in words: verdict, probability, and what the threshold means."""

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.screening.films import Row
from covidweb.screening.words import headline, probability_words, readings_sentence
from covidweb.views.screen import meaning

ICONS = {
    "covid": ":material/flag:",
    "normal": ":material/check_circle:",
    "uncertain": ":material/help:",
    "not_assessed": ":material/block:",
    "error": ":material/broken_image:",
}


def threshold_key(bundle: Bundle) -> str:
    """Return the session state's key of the threshold chosen for a model."""
    return f"screen_threshold_{bundle.sha256[:12]}"


def chosen_threshold(bundle: Bundle) -> float:
    """Return the reader's threshold for this model, the card's unless it was moved."""
    return float(st.session_state.get(threshold_key(bundle), bundle.card.threshold))


def icon(row: Row) -> str:
    """Return the icon of a row's answer."""
    result = row.result
    return ICONS[result.verdict if result.status == "ok" and result.verdict else result.status]


def show(row: Row, bundle: Bundle) -> None:
    """Draw the answer for one film."""
    result = row.result
    st.header(f"{icon(row)} {headline(result)}", anchor=False)
    if result.reason:
        st.markdown(escape(result.reason))
    if result.probability is None:
        if result.status == "not_assessed":
            st.caption("The model was not asked, so there is no probability.")
        return
    span = meaning.interval(bundle, result.probability)
    between = "" if span is None else f" ({span[0] * 100:.0f} to {span[1] * 100:.0f})"
    st.markdown(
        f"Probability of COVID-19: **{probability_words(result.probability)}**{between} · "
        f"threshold {result.threshold * 100:.0f}\u00a0%",
        help=None if span is None else escape(meaning.interval_covers(bundle)),
    )
    if said := readings_sentence(result):
        st.caption(said)


def meaning_of(row: Row, bundle: Bundle) -> None:
    """Say where an answer holds, and what the threshold finds and wrongly suspects."""
    if row.result.probability is None:
        return
    if said := meaning.elsewhere(bundle, row.result.probability):
        st.markdown(said)
    if said := meaning.calibration(bundle):
        st.caption(said)
    places = meaning.places(bundle, row.result.threshold)
    if not places:
        st.caption("What this threshold finds and misses has not been measured for this model.")
        return
    said = "\n".join(f"- {meaning.sentence(place)}" for place in places)
    st.markdown(f"What this threshold means:\n{said}")
