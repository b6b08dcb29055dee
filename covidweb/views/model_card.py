"""The model card page: one bundle's facts and figures, to read and to take away."""

import re

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle
from covidweb.bundle.model_card import model_card
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
    text = model_card(bundle.card, parts.attempt(bundle.evaluation) or {})
    _downloads(bundle, text)
    for index, block in enumerate(text.strip().split("\n\n")):
        _block(block, index)


def _block(block: str, index: int) -> None:
    """Show one block: wide tables scroll by themselves, narrow ones become lists that wrap."""
    if not block.startswith("|"):
        # The page has its own title, so the card's headings move one level down.
        st.markdown(f"#{block}" if block.startswith("#") else block)
        return
    heads, rows = parsed(block)
    if len(heads) == 2:
        st.markdown("\n".join(f"- **{fact}**: {value}" for fact, value in rows))
        return
    table = pd.DataFrame(rows, columns=heads)
    st.dataframe(table, width="stretch", hide_index=True, key=f"card_table_{index}")


def parsed(block: str) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of a Markdown table."""
    lines = [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in block.splitlines()
    ]
    return lines[0], lines[2:]


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
    from covidweb.bundle.pdf import pdf

    return pdf(text)
