"""Choose films of a manifest: what the page's filters mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

CHOICES = ("label", "set", "split", "source", "view", "sex", "licence")
OUTCOMES = ("right", "wrong")
UNKNOWN = "not known"


@dataclass(frozen=True)
class Selection:
    """Which films to show; what is empty does not narrow.

    Attributes:
        values: column -> accepted values; "not known" accepts "".
        age: lowest and highest age in years; films of unknown age are left out.
        score: lowest and highest probability; films without a score are left out.
        outcome: `right` or `wrong` at the model's threshold, or "".
        text: part of an image_id, a group or a note, in any case.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    age: tuple[float, float] | None = None
    score: tuple[float, float] | None = None
    outcome: str = ""
    text: str = ""


def select(films: pd.DataFrame, wanted: Selection) -> pd.DataFrame:
    """Return the rows that pass every filter, in their order.

    Args:
        films: manifest rows with `split`, `score` (float, NaN unknown) and `outcome`.
        wanted: the filters; values that no film has give no films.
    """
    keep = np.ones(len(films), bool)
    for column, values in wanted.values.items():
        if values:
            accepted = ["" if value == UNKNOWN else value for value in values]
            keep &= films[column].isin(accepted).to_numpy()
    for column, span in (("age", wanted.age), ("score", wanted.score)):
        if span is not None:
            keep &= films[column].between(*span).to_numpy()
    if wanted.outcome:
        keep &= (films["outcome"] == wanted.outcome).to_numpy()
    if wanted.text.strip():
        keep &= _mentions(films, wanted.text.strip())
    return films[keep]


def with_scores(films: pd.DataFrame, predictions: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Return the films with `score` and `outcome` ("right", "wrong", "" unknown) of a model.

    Args:
        films: manifest rows.
        predictions: columns `image_id` and `score`.
        threshold: at which a film is called COVID-19.
    """
    scores = predictions.drop_duplicates("image_id").set_index("image_id")["score"]
    score = films["image_id"].map(scores).astype(float)
    called = (score >= threshold) == (films["label"] == "covid")
    outcome = np.where(score.isna(), "", np.where(called, "right", "wrong"))
    return films.assign(score=score.to_numpy(), outcome=outcome)


def in_doubt(films: pd.DataFrame, confident: float = 0.9) -> pd.DataFrame:
    """Return films whose label the model contradicts with confidence, most first.

    Args:
        films: rows with `label` and `score`.
        confident: least probability of what the label denies.
    """
    covid = films["label"] == "covid"
    against = films["score"].where(~covid, 1 - films["score"])
    plain = films["label"].isin(["covid", "normal"])
    found = films.assign(against=against)[plain & (against >= confident)]
    return found.sort_values("against", ascending=False)


def _mentions(films: pd.DataFrame, text: str) -> np.ndarray:
    found = np.zeros(len(films), bool)
    for column in ("image_id", "group", "note"):
        found |= films[column].str.contains(text, case=False, regex=False).to_numpy()
    return found
