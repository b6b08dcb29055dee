"""The single view: the rail of films, one film large, its answer beside it, panels below."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.radiograph import Radiograph
from covidweb.screening.films import Film, Row
from covidweb.screening.placement import lay
from covidweb.screening.words import evidence_sentence
from covidweb.screening.worklist import Worklist
from covidweb.views import parts
from covidweb.views.screen import (
    compare,
    explain,
    known,
    rail,
    reading,
    trust,
    verdict,
    viewer,
    zones,
)

_SHOWN = "screen_shown"
_WIDTHS = {"rail": 6, "film": 18, "answer": 9}
_GONE = "This film is no longer kept in memory; upload it again to see it."


def show(worklist: Worklist, rows: Sequence[Row], bundle: Bundle) -> Row:
    """Draw the chosen one of `rows` (not empty) and return it."""
    row = _chosen(worklist, rows)
    film = worklist.read(row.film)
    places = _places(len(rows) > 1, film is not None)
    if "rail" in places:
        with places["rail"]:
            rail.show(worklist, rows, row, reading.hidden)
    with places["answer"]:
        _answer(row, film, bundle)
    if film is not None:
        with places["film"]:
            _film(worklist, rows, row, film)
    with places["more"]:
        _more(row, bundle)
    if reading.hidden(row):
        return row
    if film is not None and row.result.probability is not None:
        trust.show(row, film, bundle)
        explain.show(row, film, bundle)
        compare.show(worklist, rows, row, bundle)
    elif row.result.quality:
        trust.findings(row)
    return row


def _places(several: bool, seen: bool) -> dict[str, DeltaGenerator]:
    """Lay out the page: beside each other, or on a phone below each other, the answer first.

    Args:
        several: there is more than one film, so a rail of them.
        seen: there is a film to look at; without one the answer takes its place.
    """
    wanted = {"rail": several, "film": seen}
    if parts.on_phone():
        order = ("answer", "film", "rail", "more")
        return {place: st.container() for place in order if wanted.get(place, True)}
    widths = {place: w for place, w in _WIDTHS.items() if wanted.get(place, True)}
    if not seen:
        widths["answer"] += _WIDTHS["film"]
    places = dict(zip(widths, st.columns(list(widths.values()), gap="medium"), strict=True))
    return places | {"more": places["answer"]}


def _answer(row: Row, film: Radiograph | None, bundle: Bundle) -> None:
    _name(row.film)
    if film is None and row.film.thumbnail:
        st.info(_GONE)
    if reading.hidden(row):
        truth = known.look_up(row.film, film, bundle).truth if film is not None else ""
        reading.ask(row, truth)
    else:
        verdict.show(row, bundle)
        _generated(row.film)


def _generated(film: Film) -> None:
    """Say what the generator knows of a simulated film."""
    if film.origin == "simulated" and film.truth:
        said = (
            "The generator gave this chest opacities: their true outline is drawn on the film."
            if film.truth == "covid"
            else "The generator gave this chest no opacities."
        )
        st.markdown(f":material/experiment: {said}")


def _more(row: Row, bundle: Bundle) -> None:
    if reading.hidden(row):
        return
    reading.compare(row)
    verdict.meaning_of(row, bundle)
    zones.show(row.result)
    trust.caution(row, bundle)


def _film(worklist: Worklist, rows: Sequence[Row], row: Row, film: Radiograph) -> None:
    hidden = reading.hidden(row)
    placement = row.result.placement
    laid = lay(film, placement)
    said = "" if hidden else evidence_sentence(row.result)
    viewer.show(
        viewer.Picture(
            key=f"{row.film.key}-{placement}",
            film=laid,
            alt=f"Chest film {row.film.name}. {said}".strip(),
            result=None if hidden else row.result,
            lines=() if hidden else viewer.lines(row.result, true_opacity(row, film)),
        ),
        key="screen_viewer",
        on_step=lambda steps: _step(worklist, rows, row, steps),
    )


def true_opacity(row: Row, film: Radiograph) -> np.ndarray | None:
    """Return where a simulated film's opacities lie on it as laid, float (H, W) in 0..1.

    None for other films.
    """
    if row.film.seed is None:
        return None
    from covidweb.simulate import sample_opacity

    opacity = sample_opacity(row.film.seed)
    return lay(replace(film, pixels=opacity), row.result.placement).pixels


def _chosen(worklist: Worklist, rows: Sequence[Row]) -> Row:
    """Return the row to show: the selected one, else the one shown last while that one waits."""
    answered = {row.film.id: row for row in rows}
    for number in (worklist.selected, st.session_state.get(_SHOWN)):
        if number in answered:
            break
    else:
        number = rows[0].film.id
    st.session_state[_SHOWN] = number
    return answered[number]


def _step(worklist: Worklist, rows: Sequence[Row], row: Row, steps: int) -> None:
    ids = [other.film.id for other in rows]
    place = ids.index(row.film.id) + steps
    worklist.selected = ids[max(0, min(len(ids) - 1, place))]


def _name(film: Film) -> None:
    origin = {
        "simulated": "Simulated: computed from a digital chest, nobody's radiograph.",
        "dataset": "From the dataset.",
    }.get(film.origin)
    st.caption(escape(film.name) + (f" · {origin}" if origin else ""))
