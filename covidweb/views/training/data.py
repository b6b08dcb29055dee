"""What the sections read, kept between reruns for as long as the files are the same."""

from pathlib import Path

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle, Evaluation, read_bundle, results
from covidweb.views import figures, parts


def predictions(bundle: Bundle) -> pd.DataFrame | None:
    """Return a bundle's predictions, or show what is wrong with them and return None."""
    return parts.attempt(lambda: figures.predictions(bundle))


def gap(bundle: Bundle) -> pd.DataFrame | None:
    """Return a bundle's metrics inside and outside, or show a sentence and return None."""
    limit = threshold(bundle)
    return parts.attempt(lambda: _gap(bundle.name, str(bundle.path), figures.digest(bundle), limit))


def evaluation(bundle: Bundle) -> Evaluation | None:
    """Return a bundle's evaluation, or show a sentence and return None."""
    return parts.attempt(bundle.evaluation)


def threshold(bundle: Bundle) -> float:
    """Return the card's operating point."""
    return bundle.card.threshold


def with_predictions(bundles: list[Bundle]) -> list[Bundle]:
    """Return the bundles that classify films."""
    return [b for b in bundles if b.kind in parts.CLASSIFIERS]


def one_of(bundles: list[Bundle], key: str) -> Bundle | None:
    """Let the reader choose one classifier; None when there is none."""
    found = {b.name: b for b in with_predictions(bundles)}
    if not found:
        st.info("No classifier has been trained yet.", icon=":material/info:")
        return None
    return found[parts.choose("Model", list(found), key=key)]


@st.cache_data(max_entries=16, show_spinner=False)
def _gap(name: str, path: str, digest: str, limit: float) -> pd.DataFrame:
    return results.gap(figures.predictions(read_bundle(name, Path(path).parent)), limit)
