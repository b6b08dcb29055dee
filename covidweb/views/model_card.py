"""The model card page: one bundle's facts and figures, to read and to take away."""

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.model_card import markdown
from covidweb.views import parts


def show() -> None:
    """Show the chosen bundle's card with its downloads; broken bundles get a sentence."""
    found = {b.name: b for b in parts.bundles()}
    if not found:
        st.info("No model is installed, so there is no card to show.", icon=":material/info:")
        return
    bundle = found[parts.choose("Model", list(found), key="card_model")]
    for sentence in bundle.warnings():
        parts.problem(sentence)
    text = markdown(bundle)
    _downloads(bundle, text)
    # The page has its own title, so the card's headings move one level down.
    st.markdown(text.replace("\n## ", "\n### ").replace("# ", "## ", 1))


def _downloads(bundle: Bundle, text: str) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Markdown",
            data=text,
            file_name=f"model-card-{bundle.name}.md",
            mime="text/markdown",
            icon=":material/download:",
            key="card_markdown",
            on_click="ignore",
        )
        st.download_button(
            "PDF",
            data=lambda: _pdf(text),
            file_name=f"model-card-{bundle.name}.pdf",
            mime="application/pdf",
            icon=":material/picture_as_pdf:",
            key="card_pdf",
            on_click="ignore",
        )


def _pdf(text: str) -> bytes:
    from covidweb.model_card_pdf import pdf

    return pdf(text)
