"""Side by side: one film by two models, or two films of one person's course, moved together."""

from collections.abc import Sequence

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.errors import ModelError
from covidweb.markdown import escape
from covidweb.radiograph import Radiograph
from covidweb.screening.films import Row
from covidweb.screening.placement import lay
from covidweb.screening.result import ScreeningResult
from covidweb.screening.words import evidence_sentence, headline, probability_words
from covidweb.screening.worklist import Worklist
from covidweb.views import parts, session
from covidweb.views.screen import viewer

_MODELS, _FILMS = "Another model", "Another film"
_KEPT = "screen_compared"


def show(worklist: Worklist, rows: Sequence[Row], row: Row, bundle: Bundle) -> None:
    """Draw the panel, closed at first; what is set beside the film is chosen in it."""
    panel = st.expander(
        "Set side by side",
        icon=":material/splitscreen_right:",
        key="screen_beside",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        others = [b for b in session.installed() if b.name != bundle.name]
        choices = [_MODELS] * bool(others) + [_FILMS] * (len(rows) > 1)
        if not choices:
            st.caption("There is neither another model nor another film.")
            return
        if parts.choose("Set beside it", choices, key="screen_beside_what") == _MODELS:
            _by_models(worklist, row, bundle, others)
        else:
            _by_films(worklist, rows, row)


def _by_models(worklist: Worklist, row: Row, bundle: Bundle, others: list[Bundle]) -> None:
    titles = {other.card.title or other.name: other for other in others}
    other = next(iter(titles.values()))
    if len(titles) > 1:
        other = titles[parts.choose("Model beside it", list(titles), key="screen_beside_model")]
    film = worklist.read(row.film)
    try:
        result = worklist.result(row.film, other.sha256) or _asked(row, film, other)
    except ModelError as error:
        parts.problem(escape(error))
        return
    left, right = st.columns(2)
    with left:
        _one(row, film, row.result, bundle.card.title, "screen_beside_left")
    with right:
        _one(row, film, result, other.card.title, "screen_beside_right")
    if "seed" in (bundle.kind, other.kind):
        st.caption(parts.EDGES_ONLY)


def _by_films(worklist: Worklist, rows: Sequence[Row], row: Row) -> None:
    others = {other.film.id: other for other in rows if other.film.id != row.film.id}
    chosen = st.selectbox(
        "The earlier or later film",
        list(others),
        format_func=lambda number: others[number].film.name,
        key="screen_beside_film",
    )
    left, right = st.columns(2)
    with left:
        _one(row, worklist.read(row.film), row.result, row.film.name, "screen_beside_left")
    with right:
        other = others[chosen]
        _one(other, worklist.read(other.film), other.result, other.film.name, "screen_beside_right")


def _one(row: Row, film: Radiograph | None, result: ScreeningResult, title: str, key: str) -> None:
    probability = result.probability
    said = "" if probability is None else f" · {probability_words(probability)}"
    st.markdown(f"**{escape(title)}**  \n{headline(result)}{said}")
    if film is None:
        st.caption("This film is no longer kept in memory, or was none.")
        return
    picture = viewer.Picture(
        key=f"{row.film.key}-{result.placement}",
        film=lay(film, result.placement),
        alt=f"Chest film {row.film.name}, {title}. {evidence_sentence(result)}",
        result=result,
        lines=viewer.lines(result),
        group="beside",
    )
    viewer.show(picture, key)


def _asked(row: Row, film: Radiograph | None, other: Bundle) -> ScreeningResult:
    """Return another model's answer, kept for the session. Raises ModelError."""
    kept: dict[tuple[str, str], ScreeningResult] = st.session_state.setdefault(_KEPT, {})
    key = (row.film.key, other.sha256)
    if key not in kept:
        screener = session.screener(other.name)
        with st.spinner("The other model reads the film…"):
            kept[key] = (
                screener.screen(film)
                if film is not None
                else screener.failure("This film is no longer kept in memory.")
            )
    return kept[key]
