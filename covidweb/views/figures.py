"""Every figure of a model that a page shows, each from one function: same word, same number.

All are computed from `predictions.csv`, with the same draws for every interval. Inside is the test
split of the hospitals that the model learned from; outside is every film of hospitals that it
never saw, taken together.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from covidweb import metrics
from covidweb.bundle import PREDICTIONS, Bundle, read_bundle, results
from covidweb.files import file_sha256
from covidweb.metrics import Value

DRAWS = 1000
"""Of every interval, as in `evaluation.json`."""

Rates = dict[str, Value | None]


def predictions(bundle: Bundle) -> pd.DataFrame:
    """Return a bundle's predictions, checked. Raises ModelError."""
    return _predictions(bundle.name, str(bundle.path), digest(bundle))


def population(bundle: Bundle, place: str) -> pd.DataFrame:
    """Return the COVID-19 and normal films of one of `results.POPULATIONS`. Raises ModelError."""
    return results.population(predictions(bundle), place)


def auc(bundle: Bundle, place: str) -> Value | None:
    """Return the AUC of a population with its interval. Raises ModelError."""
    return _auc(bundle.name, str(bundle.path), digest(bundle), place)


def rates(
    bundle: Bundle, place: str, threshold: float | None = None, prevalence: float = 0.1
) -> Rates:
    """Return what depends on a threshold, for a population, with intervals. Raises ModelError.

    Args:
        bundle: the model's.
        place: one of `results.POPULATIONS`.
        threshold: operating point on the probability; None takes the card's.
        prevalence: share of infected people for `ppv` and `npv`.
    """
    cut = round(bundle.card.threshold if threshold is None else threshold, 4)
    return _rates(bundle.name, str(bundle.path), digest(bundle), place, cut, round(prevalence, 4))


def digest(bundle: Bundle) -> str:
    """Return what changes when a bundle's predictions do."""
    path = bundle.path / PREDICTIONS
    return file_sha256(path) if path.is_file() else ""


@st.cache_data(max_entries=8, show_spinner=False)
def _predictions(name: str, path: str, digest: str) -> pd.DataFrame:
    return results.read_predictions(read_bundle(name, Path(path).parent))


@st.cache_data(max_entries=64, show_spinner=False)
def _auc(name: str, path: str, digest: str, place: str) -> Value | None:
    films = results.population(_predictions(name, path, digest), place)
    return metrics.auc_interval(films["covid"], films["score"], films["group"], DRAWS)


@st.cache_data(max_entries=512, show_spinner=False)
def _rates(name: str, path: str, digest: str, place: str, cut: float, prevalence: float) -> Rates:
    films = results.population(_predictions(name, path, digest), place)
    return metrics.rates_table(
        films["covid"], films["score"], films["group"], cut, DRAWS, prevalence=prevalence
    )
