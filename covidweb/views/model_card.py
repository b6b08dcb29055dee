"""The model card page: one bundle's facts and figures, to read and to take away."""

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle
from covidweb.bundle.blocks import Block, Document, Table, block_markdown, markdown
from covidweb.bundle.model_card import model_card, read_results
from covidweb.markdown import inline
from covidweb.views import parts


def show() -> None:
    """Show the chosen bundle's card with its downloads; broken bundles get a sentence."""
    found = {b.name: b for b in parts.bundles()}
    if not found:
        st.info("No model is installed, so there is no card to show.", icon=":material/info:")
        return
    bundle = found[parts.choose("Model", list(found), key="card_model")]
    document = model_card(bundle.card, parts.attempt(lambda: read_results(bundle)))
    _downloads(bundle, document)
    # The page has its own title, so the card's headings move one level down.
    st.markdown(f"## {inline(document.title)}")
    st.markdown(inline(document.note))
    for section in document.sections:
        st.markdown(f"### {inline(section.title)}")
        for index, block in enumerate(section.blocks):
            _block(block, f"{section.title}-{index}")


def _block(block: Block, key: str) -> None:
    """Show one block: wide tables scroll by themselves, narrow ones become lists that wrap."""
    if not isinstance(block, Table):
        st.markdown(block_markdown(block))
    elif len(block.head) == 2:
        st.markdown(
            "\n".join(f"- **{inline(fact)}**: {inline(value)}" for fact, value in block.rows)
        )
    else:
        table = pd.DataFrame(block.rows, columns=list(block.head))
        st.dataframe(table, width="stretch", hide_index=True, key=f"card_table_{key}")


def _downloads(bundle: Bundle, document: Document) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Markdown",
            data=lambda: markdown(document),
            file_name=f"model-card-{bundle.name}.md",
            mime="text/markdown",
            icon=":material/download:",
            key="card_markdown",
            on_click="ignore",
        )
        st.download_button(
            "PDF",
            data=lambda: _pdf(document),
            file_name=f"model-card-{bundle.name}.pdf",
            mime="application/pdf",
            icon=":material/picture_as_pdf:",
            key="card_pdf",
            on_click="ignore",
        )


def _pdf(document: Document) -> bytes:
    from covidweb.bundle.pdf import pdf

    return pdf(document)
