"""Where the classes come from, and what a classifier reaches that never sees a lung."""

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.dataset.statistics import confounding, confounding_sentence
from covidweb.errors import ModelError
from covidweb.markdown import escape
from covidweb.views import parts
from covidweb.views.dataset.films import LABELS, Films

_BLIND = {
    "border": "the outermost pixels of the film",
    "histogram": "how often each grey level occurs",
    "blackout": "the film with its lungs blacked out",
    "file_facts": "the file's size and proportions",
}


def show(table: Films) -> None:
    """Draw the table of label by source, and the blind classifiers beside it."""
    st.header("Which source has which class")
    st.markdown(escape(confounding_sentence(table.rows)))
    counts = confounding(table.rows)
    if not counts.empty:
        shown = counts.map(lambda films: f"{films:,}" if films else "–")
        st.table(shown.rename(index=escape, columns=lambda label: escape(LABELS.get(label, label))))
        parts.download_csv(counts.reset_index(), "label-by-source")
    st.caption(
        "Films to learn from only. The auxiliary sets have both of their classes from one "
        "source: there, whatever tells normal from pneumonia is in the lungs."
    )
    st.header("What is reached without seeing a lung")
    sentences = blind_sentences(table.model)
    if not sentences:
        st.info(
            "No audit has been made here yet. `python -m covidweb audit` measures what "
            "classifiers reach that see only the border or the grey levels.",
            icon=":material/info:",
        )
        return
    st.markdown(
        "These classes come from different hospitals; a classifier that never sees a lung "
        "reaches:\n" + "\n".join(f"- {sentence}" for sentence in sentences)
    )
    st.caption("AUC 0.5 is chance and 1 is perfect; in brackets the 95 % interval.")
    parts.page_link("pages/training.py", "The whole audit", ":material/monitoring:")


def blind_sentences(bundle: Bundle | None) -> list[str]:
    """Return a sentence for each blind classifier of a bundle's audit."""
    if bundle is None:
        return []
    try:
        baselines = bundle.evaluation().audit.baselines
    except ModelError:
        return []
    found = []
    for name, what in _BLIND.items():
        auc = baselines.get(name, {}).get("auc")
        if isinstance(auc, dict):
            found.append(f"from {what}: AUC {parts.interval_text(auc)}")
    return found
