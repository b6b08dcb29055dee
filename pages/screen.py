"""Screen films: upload, answers, one film large, many as a table, and taking it away."""

import streamlit as st

from covidweb.bundle import read_bundle
from covidweb.screening.films import Row
from covidweb.screening.judge import judged
from covidweb.views import parts, session
from covidweb.views.screen import (
    progress,
    reading,
    single,
    table,
    takeaway,
    threshold,
    upload,
    verdict,
    worklist,
)

heading, picker = st.columns([2, 1])
with heading:
    st.title("Screen chest films")
    st.caption(parts.DISCLAIMER)
with picker:
    name = session.model_choice()
if name is None:
    st.stop()
bundle = read_bundle(name)
films = worklist.current()
worklist.keep_in_tab(films)
films.use(session.model(bundle))
# Above what closes with the first film: no button may move away under the hand.
tools = st.container(horizontal=True, vertical_alignment="center", key="screen_tools")
upload.take_in(films)
cut = verdict.chosen_threshold(bundle)
with tools:
    upload.sample_button(films)
    upload.clear_button(films)
    reading.switch()
# What comes and goes has a place of its own: whatever follows keeps its place, and is never shown
# twice while the page is drawn again.
with st.container():
    progress.show(films)
rows = [Row(row.film, judged(row.result, bundle.card, cut)) for row in films.rows(bundle.sha256)]
secret = any(reading.hidden(row) for row in rows)
if len(rows) > 1 and not secret:
    tools.markdown(table.counts(rows), width="content")
large, many = st.container(), st.container()
if rows:
    with many:
        shown = table.show(films, rows, reading.hidden) if len(rows) > 1 else rows
    with large:
        chosen = single.show(films, shown, bundle) if shown else None
    if not secret:
        threshold.show(rows, bundle)
        takeaway.show(films, shown, chosen, bundle)
