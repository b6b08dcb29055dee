"""Reading first: the model's answer stays hidden until the reader has given theirs."""

import streamlit as st

from covidweb.markdown import escape
from covidweb.screening.films import Row
from covidweb.screening.reading import Reading, score
from covidweb.screening.words import HEADLINES
from covidweb.views.screen.worklist import current
from covidweb.views.whole import whole

SWITCH = "reading_first"
_WORDS = {"covid": HEADLINES["covid"], "normal": HEADLINES["normal"]}


def switch() -> None:
    """Draw the switch between reading first and seeing the model at once."""
    st.toggle(
        "Read first, then see the model",
        key=SWITCH,
        persist_state="session",
        help="For students: the answer stays hidden until you have given yours.",
        width="content",
    )


def hidden(row: Row) -> bool:
    """Tell whether the model's answer for this film is still to be kept back."""
    wanted = bool(st.session_state.get(SWITCH)) and row.result.probability is not None
    return wanted and row.film.key not in current().readings


def ask(row: Row, truth: str) -> None:
    """Ask for the reader's answer; giving it reveals the model's."""
    st.header("What do you see?", anchor=False)
    with st.container(horizontal=True):
        for answer, words in _WORDS.items():
            st.button(
                words,
                key=f"reading_{answer}",
                on_click=_give,
                args=(row, answer, truth),
            )
    st.caption("The model's answer and its map appear when you have answered.")
    _score_line()


def compare(row: Row) -> None:
    """Put the reader's answer, the model's and the truth side by side, with the running score."""
    reading = current().readings.get(row.film.key)
    if reading is None or not st.session_state.get(SWITCH):
        return
    said = [
        f"**You**: {_WORDS[reading.reader]}",
        f"**The model**: {_WORDS.get(reading.model, HEADLINES['uncertain'])}",
        *([_truth(row, reading.truth)] if reading.truth else []),
    ]
    st.markdown("  \n".join(said))
    _score_line()


def _truth(row: Row, truth: str) -> str:
    if row.film.origin == "simulated":
        return f"**The generator**: {'gave it' if truth == 'covid' else 'no'} opacities"
    known = {"covid": "from a person with COVID-19", "normal": "read as normal"}
    return f"**In the dataset**: {known.get(truth) or escape(truth)}"


@whole
def _give(row: Row, answer: str, truth: str) -> None:
    readings = current().readings
    model = row.result.verdict if row.result.status == "ok" else ""
    readings[row.film.key] = Reading(answer, model or "", truth)


def _score_line() -> None:
    total = score(current().readings.values())
    if not total.read:
        return
    said = f"Read {total.read}: you agree with the model on {total.agreed} of {total.answered}."
    if total.known:
        said += (
            f" Where the truth is known ({total.known}): you are right on {total.reader_right}, "
            f"the model on {total.model_right}."
        )
    st.caption(said)
