"""Shortcut audit: what a classifier reaches that never sees a lung, and what breaks this one."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle, Evaluation, results
from covidweb.bundle.typed import as_json
from covidweb.markdown import escape
from covidweb.sets import INSIDE
from covidweb.views import charts, names, parts
from covidweb.views.training import data

BASELINES = {
    "histogram": "Grey-level histogram only",
    "border": "Border of the film only",
    "blackout": "Film with its lungs painted over",
    "file_facts": "Image size and format only",
}
OWN = "The network itself"
_MAX_SERIES = 3


def show(bundles: list[Bundle]) -> None:
    """Show the audit's sections, each with a sentence on what it means."""
    st.header("Shortcut audit")
    st.markdown(
        "The two classes of this data come from different hospitals. A network can score high by "
        "telling the hospitals apart. These checks ask how much of that it does."
    )
    bundle = data.one_of(bundles, "audit_model")
    evaluation = data.evaluation(bundle) if bundle else None
    if evaluation is None:
        return
    _baselines(evaluation)
    audit = as_json(evaluation.audit)
    _section(audit, "lung_blackout", "Painting over the lungs", _BLACKOUT)
    _section(audit, "source_prediction", "Telling hospitals apart", _SOURCES)
    _section(audit, "robustness", "Small changes to the film", _ROBUSTNESS)
    _section(audit, "gate", "Films turned away", _GATE)


_BLACKOUT = (
    "The same network looks at films whose lungs are painted in one grey. If it still tells the "
    "classes apart, it reads something other than lungs: the AUC should fall towards 0.5."
)
_SOURCES = (
    "How well the network's features tell sources of the same class apart. Much better than "
    "chance means that the hospital is written in the features, and may be used."
)
_ROBUSTNESS = (
    "The same films after compression, blur, noise, a change of brightness or a small turn. "
    "A robust network loses a few points at most."
)
_GATE = (
    "Before the network answers, a gate turns away what does not look like a frontal chest film: "
    "it should turn away almost everything that is none, and almost no chest film."
)


def baseline_table(evaluation: Evaluation) -> pd.DataFrame:
    """Return the AUC of each baseline and of the network inside: `name`, `own`, and the figures."""
    found = results.audit_values(evaluation.audit.baselines)
    found = found[found["metric"] == "auc"]
    titles = [BASELINES.get(name) or names.check(name) for name in found["name"]]
    table = found.assign(name=titles, own=False)
    inside = evaluation.sets.get(INSIDE)
    own = inside.metrics.get("auc") if inside else None
    if own:
        first = pd.DataFrame([{"name": OWN, "metric": "auc", "own": True, **own}])
        table = pd.concat([first, table], ignore_index=True)
    return table


def baseline_sentence(table: pd.DataFrame) -> str:
    """Return one sentence that sets the best baseline beside the network."""
    others = table[~table["own"].astype(bool)]
    if others.empty:
        return ""
    best = others.loc[others["value"].idxmax()]
    said = f"Without seeing a lung, “{best['name'].lower()}” reaches an AUC of {best['value']:.2f}."
    own = table[table["own"].astype(bool)]
    if own.empty:
        return said
    more = float(own.iloc[0]["value"] - best["value"])
    if more <= 0:
        return f"{said} The network is not better: its figure inside proves nothing about lungs."
    return f"{said} The network's lead over it is only {more:.2f}; just that may be about lungs."


def _baselines(evaluation: Evaluation) -> None:
    st.markdown("### What reaches how much without a lung")
    table = baseline_table(evaluation)
    if not (~table["own"].astype(bool)).any():
        missing("baselines")
        return
    sentence = baseline_sentence(table)
    st.markdown(escape(sentence))
    table = table.assign(series=table["own"].map({True: "network", False: "no lung seen"}))
    figure = charts.bars(table, "AUC on the same test split", (0.5, "guessing"))
    parts.show_chart(figure, table.drop(columns=["own", "series"]), "baselines", sentence)


def _section(audit: Mapping[str, Any], key: str, title: str, meaning: str) -> None:
    st.markdown(f"### {title}")
    st.markdown(meaning)
    show_values(audit.get(key), key)


def show_values(section: Any, key: str) -> None:
    """Show one audit section: what can be compared as bars, single figures as a table."""
    table = results.audit_values(section)
    if table.empty:
        missing(key)
        return
    table = table.assign(
        name=[names.check(n) for n in table["name"]],
        series=[names.measure(m) for m in table["metric"]],
    )
    drawn = comparable(table)
    if not drawn.empty:
        _bars(drawn, key)
    rest = table[~table.index.isin(drawn.index)]
    if not rest.empty:
        st.dataframe(_readable(rest), width="stretch", hide_index=True, key=f"rest-{key}")


def comparable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in -1..1 whose measure is there for more than one name."""
    small = table[table["value"].between(-1, 1)]
    return small[small.groupby("metric")["name"].transform("nunique") > 1]


def _bars(drawn: pd.DataFrame, key: str) -> None:
    series = list(dict.fromkeys(drawn["series"]))
    if len(series) > _MAX_SERIES:
        chosen = parts.choose("Measure", series, key=f"measure-{key}")
        drawn, series = drawn[drawn["series"] == chosen], [chosen]
    said = [
        f"{name} {s} {value:.2f}"
        for name, s, value in zip(drawn["name"], drawn["series"], drawn["value"], strict=True)
    ]
    axis = series[0] if len(series) == 1 else "Value"
    parts.show_chart(charts.bars(drawn, axis), drawn.drop(columns="series"), key, ", ".join(said))


def missing(key: str) -> None:
    """Say that a part of the audit was not run."""
    st.info(
        f"This bundle has no {escape(key.replace('_', ' '))} figures: `python -m covidweb audit` "
        "writes them.",
        icon=":material/info:",
    )


def _readable(rows: pd.DataFrame) -> pd.DataFrame:
    values = [_value_text(row) for _, row in rows.iterrows()]
    alone = rows["name"] == [names.check(m) for m in rows["metric"]]
    what = rows["series"].where(alone, rows["name"] + ": " + rows["series"])
    return pd.DataFrame({"What": what, "Value": values})


def _value_text(row: pd.Series) -> str:
    counted = row["metric"] in ("films", "n")
    return f"{row['value']:.0f}" if counted else parts.interval_text(row, 3)
