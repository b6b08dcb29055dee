"""What a threshold means, inside and outside: rates with intervals from `predictions.csv`."""

from dataclasses import dataclass

import streamlit as st

from covidweb.bundle import Bundle, read_bundle
from covidweb.errors import ModelError
from covidweb.metrics import Value
from covidweb.screening.interval import Curves, calibration_curves
from covidweb.screening.words import films_words
from covidweb.sets import VALIDATION
from covidweb.views import figures

_VALIDATION_COVERS = (
    "The 95 % interval is that of the calibration, from validation films of hospitals that the "
    "model learned from. It says nothing about other hospitals."
)
PLACES = {"inside": "hospitals it learned from", "outside": "hospitals it never saw"}


@dataclass(frozen=True)
class Place:
    """One population at one threshold: how many films, how many of them COVID-19, the rates."""

    name: str
    films: int
    positives: int
    rates: figures.Rates


def places(bundle: Bundle, threshold: float, prevalence: float = 0.1) -> list[Place]:
    """Return the rates of every population that has films; empty where nothing was measured.

    Args:
        bundle: the model's.
        threshold: operating point on the probability.
        prevalence: share of infected people for `ppv` and `npv`.
    """
    try:
        return [
            Place(
                place,
                len(films),
                int(films["covid"].sum()),
                figures.rates(bundle, place, threshold, prevalence),
            )
            for place in PLACES
            if len(films := figures.population(bundle, place))
        ]
    except ModelError:
        return []


def calibration(bundle: Bundle) -> str:
    """Say how far off the probabilities were, inside and outside."""
    try:
        inside, outside = (figures.rates(bundle, place)["ece"] for place in PLACES)
    except ModelError:
        return ""
    if inside is None or outside is None:
        return ""
    return (
        f"Probabilities were off by {inside['value'] * 100:.0f} points on average at hospitals it "
        f"learned from, and by {outside['value'] * 100:.0f} at hospitals it never saw (ECE)."
    )


def interval(bundle: Bundle, probability: float | None) -> tuple[float, float] | None:
    """Return the 95 % interval that the calibration leaves a probability, None where unknown.

    It is that of the card's own calibration; a card without one was calibrated on the validation
    films, and the interval is theirs.
    """
    if probability is None:
        return None
    kept = bundle.card.calibration.interval
    if kept is not None:
        low, _, high = kept.at(probability)
        return min(low, probability), max(high, probability)
    try:
        curves = _curves(bundle.name, bundle.sha256)
    except ModelError:
        return None
    return None if curves is None else curves.interval(probability)


@st.cache_resource(show_spinner=False, max_entries=16)
def _curves(name: str, sha256: str) -> Curves | None:
    films = figures.population(read_bundle(name), VALIDATION)
    return calibration_curves(films["covid"], films["score"], films["group"])


def sentence(place: Place) -> str:
    """Say what the threshold found and wrongly suspected in one population."""
    found, spared = place.rates.get("sensitivity"), place.rates.get("specificity")
    parts = []
    if found is not None:
        parts.append(f"finds **{_of_100(found)}** of 100 films with COVID-19")
    if spared is not None:
        alarms: Value = {
            "value": 1 - spared["value"],
            "low": 1 - spared["high"],
            "high": 1 - spared["low"],
        }
        parts.append(f"wrongly suspects **{_of_100(alarms)}** of 100 normal ones")
    said = " and ".join(parts) or "could not be measured"
    return f"At {PLACES[place.name]}, it {said} ({films_words(place.films)})."


def interval_covers(bundle: Bundle) -> str:
    """Say what the interval of a probability covers: the card's own words where it has one."""
    kept = bundle.card.calibration.interval
    if kept is None:
        return _VALIDATION_COVERS
    return f"What the interval covers: {kept.rule or 'its card does not say'}"


def elsewhere(bundle: Bundle, probability: float) -> str:
    """Say how often a film with this probability is COVID-19 at a hospital never seen."""
    curve = bundle.card.elsewhere
    if curve is None:
        return ""
    low, value, high = (round(100 * share) for share in curve.at(probability))
    return (
        "At a hospital never seen, of 100 films with this probability "
        f"**{value}** ({low} to {high}) are of COVID-19, where half of all films are."
    )


def conditions(
    bundle: Bundle, threshold: float, probability: float | None = None
) -> tuple[str, ...]:
    """Return what a report says about where an answer holds: the page's words, unadorned."""
    said = [calibration(bundle)]
    said += [elsewhere(bundle, probability)] if probability is not None else []
    said += [sentence(place) for place in places(bundle, threshold)]
    return tuple(text.replace("**", "") for text in (interval_covers(bundle), *said) if text)


def _of_100(value: Value) -> str:
    numbers = [round(100 * share) for share in (value["value"], value["low"], value["high"])]
    return f"{numbers[0]} ({numbers[1]} to {numbers[2]})"
