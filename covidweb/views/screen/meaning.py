"""What a threshold means, inside and outside: rates with intervals from `predictions.csv`."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle, read_bundle, results
from covidweb.errors import ModelError
from covidweb.metrics import Value, rates_table
from covidweb.screening.interval import probability_interval
from covidweb.sets import VALIDATION

DRAWS = 500
PLACES = {"inside": "hospitals it learned from", "outside": "hospitals it never saw"}

Rates = dict[str, Value | None]


@dataclass(frozen=True)
class Place:
    """One population at one threshold: how many films, how many of them COVID-19, the rates."""

    name: str
    films: int
    positives: int
    rates: Rates


def places(bundle: Bundle, threshold: float, prevalence: float = 0.1) -> list[Place]:
    """Return the rates of every population that has films; empty where nothing was measured.

    Args:
        bundle: the model's.
        threshold: operating point on the probability.
        prevalence: share of infected people for `ppv` and `npv`.
    """
    try:
        return _places(bundle.name, bundle.sha256, round(threshold, 4), round(prevalence, 4))
    except ModelError:
        return []


@st.cache_data(show_spinner=False, max_entries=256)
def _places(name: str, sha256: str, threshold: float, prevalence: float) -> list[Place]:
    predictions = _predictions(name, sha256)
    found = []
    for place in PLACES:
        films = results.population(predictions, place)
        if len(films):
            rates = rates_table(
                films["covid"],
                films["score"],
                films["group"],
                threshold,
                DRAWS,
                prevalence=prevalence,
            )
            found.append(Place(place, len(films), int(films["covid"].sum()), rates))
    return found


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
        return _interval(bundle.name, bundle.sha256, probability)
    except ModelError:
        return None


@st.cache_data(show_spinner=False, max_entries=4096)
def _interval(name: str, sha256: str, probability: float) -> tuple[float, float] | None:
    films = results.population(_predictions(name, sha256), VALIDATION)
    return probability_interval(films["covid"], films["score"], films["group"], probability)


@st.cache_data(show_spinner=False, max_entries=8)
def _predictions(name: str, sha256: str) -> pd.DataFrame:
    return results.read_predictions(read_bundle(name))


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
    return f"At {PLACES[place.name]}, it {said} ({place.films:,} films)."


def _of_100(value: Value) -> str:
    numbers = [round(100 * share) for share in (value["value"], value["low"], value["high"])]
    return f"{numbers[0]} ({numbers[1]} to {numbers[2]})"
