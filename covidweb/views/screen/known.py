"""Is this film one that the model learned from? By sha256, then by what it looks like."""

from dataclasses import dataclass, replace

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.dataset.duplicates import KnownFilms, Match
from covidweb.errors import DataError, ModelError
from covidweb.radiograph import Radiograph
from covidweb.screening.films import Film
from covidweb.sets import LEARNED, set_title

_KEPT = "screen_known"


@dataclass(frozen=True)
class Known:
    """What is known about a film.

    Attributes:
        training: the model learned from it.
        truth: its label in the dataset, or what the generator gave it.
        sentence: the same in words.
        home: it is of a hospital whose films the model learned from.
    """

    training: bool
    truth: str
    sentence: str
    home: bool = False


def look_up(film: Film, radiograph: Radiograph, bundle: Bundle) -> Known:
    """Compare a film with those of the project's dataset, once per film and session."""
    kept: dict[tuple[str, str], Known] = st.session_state.setdefault(_KEPT, {})
    key = (film.key, bundle.sha256)
    if key not in kept:
        kept[key] = _look_up(film, radiograph, bundle)
    return kept[key]


def _look_up(film: Film, radiograph: Radiograph, bundle: Bundle) -> Known:
    if film.origin == "simulated":
        return Known(False, film.truth, "Simulated, so the model cannot have learned from it.")
    try:
        match = KnownFilms.load().match(radiograph)
    except DataError as error:
        return Known(False, film.truth, str(error))
    if match is None:
        return Known(False, film.truth, "It is none of the films of the project's dataset.")
    known = describe(match, _part(match, bundle))
    return replace(known, home=match.set.startswith("train_pool"))


def describe(match: Match, part: str) -> Known:
    """Put a match into words.

    Args:
        match: the known film.
        part: `learned` or `chosen with` where the bundle's list names the film so, else empty.
    """
    same = "the very file" if match.kind == "file" else "the same picture as"
    film = f"It is {same} {match.image_id} of the project's dataset ({set_title(match.set)})"
    if part == "learned":
        return Known(True, match.label, f"{film}, which this model learned from.")
    if part == "chosen with":
        return Known(
            True, match.label, f"{film}; it was not fitted, but the threshold was chosen with it."
        )
    return Known(False, match.label, f"{film}, which this model did not learn from.")


def _part(match: Match, bundle: Bundle) -> str:
    """Return how the bundle knows a film; a bundle without a list counts all lessons as learned."""
    try:
        return bundle.films().get(match.image_id, "")
    except ModelError:
        return "learned" if match.set in LEARNED else ""
