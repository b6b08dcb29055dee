"""The films as a rail beside the one that is looked at: chosen by a click, dropped by a cross."""

import base64
from collections.abc import Callable, Sequence

import streamlit as st

from covidweb.screening.films import Film, Row
from covidweb.screening.words import SHORT, answer_key, films_words, probability_words
from covidweb.screening.worklist import Worklist
from covidweb.views.frontend import component
from covidweb.views.whole import whole

MOST = 150
"""Films in the rail at a time: those around the chosen one."""

_KEY = "screen_rail"


def show(
    worklist: Worklist, rows: Sequence[Row], chosen: Row, hidden: Callable[[Row], bool]
) -> None:
    """Draw the rail.

    Args:
        worklist: `selected` follows the reader's choice; films are dropped from it.
        rows: answered films, in the order to show them; those that wait come behind.
        chosen: the film that is looked at.
        hidden: tells the rows whose answer is kept back.
    """
    ids = [row.film.id for row in rows]
    start = max(0, min(ids.index(chosen.film.id) - MOST // 2, len(ids) - MOST))
    part = rows[start : start + MOST]
    component("rail")(
        key=_KEY,
        data={
            "label": films_words(len(rows)),
            "chosen": chosen.film.id,
            "cut": chosen.result.threshold,
            "films": [entry(row, hidden(row)) for row in part],
            "more": (
                f"Films {start + 1:,} to {start + len(part):,} of {len(rows):,}. The table has all."
                if len(part) < len(rows)
                else ""
            ),
        },
        on_picked_change=lambda: _pick(worklist),
        on_dropped_change=lambda: _drop(worklist),
    )


def entry(row: Row, hidden: bool) -> dict[str, object]:
    """Return a film as the rail's script reads it; a hidden answer is not in it."""
    result = row.result
    tone, probability = answer_key(result), result.probability
    said = SHORT[tone]
    if hidden:
        said, tone, probability = "Yours first", "hidden", None
    elif probability is not None:
        words = probability_words(probability).replace("over ", ">").replace("under ", "<")
        said = f"{said} · {words}".replace(" %", "\u00a0%")
    return {
        "id": row.film.id,
        "name": row.film.name,
        "picture": uri(row.film),
        "answer": said,
        "tone": tone,
        "probability": probability,
    }


def uri(film: Film) -> str:
    """Return a film's thumbnail as an address that holds it; empty where there is none."""
    if not film.thumbnail:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(film.thumbnail).decode("ascii")


@whole
def _pick(worklist: Worklist) -> None:
    picked = (st.session_state.get(_KEY) or {}).get("picked") or {}
    worklist.selected = int(picked.get("id", 0)) or worklist.selected


@whole
def _drop(worklist: Worklist) -> None:
    dropped = (st.session_state.get(_KEY) or {}).get("dropped") or []
    worklist.remove([int(number) for number in dropped])
