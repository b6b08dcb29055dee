"""Counts and tables of a manifest, for the terminal and the page."""

from itertools import pairwise

import numpy as np
import pandas as pd

from covidweb.sets import LEARNED

DIMENSIONS = ("label", "source", "set", "split")
UNKNOWN = "not known"
AGE_EDGES = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 120)


def counts(films: pd.DataFrame, by: str, colour: str | None = None) -> pd.DataFrame:
    """Return how many films have each value of a column, most first.

    Args:
        films: manifest rows.
        by: the column; "" counts as "not known".
        colour: a second column to count within.

    Returns:
        Columns `by`, `colour` where given, and `films`.
    """
    keys = [by] if colour is None or colour == by else [by, colour]
    named = films[keys].replace("", UNKNOWN)
    table = named.groupby(keys, sort=False).size().rename("films").reset_index()
    total = table.groupby(by)["films"].transform("sum")
    order = table.assign(total=total).sort_values(["total", "films"], ascending=False)
    return order.drop(columns="total").reset_index(drop=True)


def confounding(films: pd.DataFrame) -> pd.DataFrame:
    """Return films by source (rows) and label (columns), only films that models learn from."""
    learned = films[films["set"].isin(LEARNED)]
    return pd.crosstab(learned["source"], learned["label"])


def exclusive_sources(films: pd.DataFrame) -> dict[str, str]:
    """Return source -> label for the sources of `train_pool` that have one label only."""
    pool = films[films["set"] == "train_pool"]
    labels = pool.groupby("source")["label"].agg(lambda values: sorted(set(values)))
    return {source: names[0] for source, names in labels.items() if len(names) == 1}


def confounding_sentence(films: pd.DataFrame) -> str:
    """Return in words whether the classes of `train_pool` come from different places."""
    pool = films[films["set"] == "train_pool"]
    if pool.empty:
        return "There are no films of the training pool here."
    alone = exclusive_sources(films)
    share = pool["source"].isin(alone).mean()
    if pool["label"].nunique() < 2:
        return "The training pool has one class only."
    if share == 1:
        return (
            "These classes come from different hospitals: no source of the training pool has "
            "both, so whatever tells the sources apart also tells the classes apart."
        )
    if share == 0:
        return "Every source of the training pool has films of more than one class."
    return f"{share:.0%} of the training pool comes from sources that have one class only."


def ages(films: pd.DataFrame) -> pd.DataFrame:
    """Return films by decade of age and label, only where the age is known."""
    known = films[films["age"].notna()]
    decade = pd.cut(known["age"], AGE_EDGES, right=False, labels=_spans())
    table = known.groupby([decade, "label"], observed=True).size().rename("films").reset_index()
    return table.astype({"age": "str"})


def age_note(films: pd.DataFrame) -> str:
    """Return in words for how many films age and sex are known, by label."""
    parts = []
    for label, rows in films.groupby("label", sort=False):
        known = rows["age"].notna().mean()
        parts.append(f"{label} {known:.0%}")
    return f"Age is known for: {', '.join(parts)}."


def sizes(films: pd.DataFrame, top: int = 10) -> pd.DataFrame:
    """Return the most frequent sizes of the originals: `size` ("224 x 224"), `label`, `films`."""
    known = films[films["width"] > 0]
    size = known["width"].astype("str") + " × " + known["height"].astype("str")
    kept = size.where(size.isin(size.value_counts().index[:top]), "other")
    return counts(pd.DataFrame({"size": kept, "label": known["label"]}), "size", "label")


def aspect(films: pd.DataFrame) -> pd.Series:
    """Return width by height of the originals, float (N,), NaN where not known."""
    return (films["width"] / films["height"].replace(0, np.nan)).where(films["width"] > 0)


def _spans() -> list[str]:
    pairs = pairwise(AGE_EDGES)
    return [f"{low}–{high - 1}" if high < 120 else f"{low} and over" for low, high in pairs]
