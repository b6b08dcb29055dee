"""At which threshold: what a threshold means, and how far the probabilities can be believed."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from covidweb import metrics
from covidweb.bundle import Bundle, results
from covidweb.markdown import escape
from covidweb.sets import PLACES, place_of, set_title
from covidweb.views import charts, figures, parts
from covidweb.views.training import data

PREVALENCES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0)
_CURVE_POINTS = 400
_CELLS = {
    "tp": "COVID-19, called COVID-19",
    "fn": "COVID-19, called normal",
    "fp": "normal, called COVID-19",
    "tn": "normal, called normal",
}


def show(bundles: list[Bundle]) -> None:
    """Show the threshold slider with what it moves, then what does not depend on it."""
    st.header("At which threshold")
    bundle = data.one_of(bundles, "threshold_model")
    rows = data.predictions(bundle) if bundle else None
    if bundle is None or rows is None:
        return
    rule = bundle.card.threshold_rule or "no rule was written down"
    st.caption(f"The card's threshold is {data.threshold(bundle):.3f}. Rule: {escape(rule)}")
    parts.apart(lambda: _slider(rows, bundle))
    _calibration(rows)
    _decision(rows)
    _histograms(rows, data.threshold(bundle))


@st.fragment
def _slider(rows: pd.DataFrame, bundle: Bundle) -> None:
    place = _place(rows)
    films, start, name = results.population(rows, place), data.threshold(bundle), bundle.name
    left, right = st.columns(2)
    limit = left.slider("Threshold", 0.0, 1.0, round(start, 2), 0.01, key=f"threshold_value_{name}")
    percent = right.select_slider(
        "Prevalence: infected among those screened, in percent",
        PREVALENCES,
        value=5.0,
        key="threshold_prevalence",
    )
    if films["covid"].nunique() < 2:
        st.info("These films are of one class only.", icon=":material/info:")
    _figures(figures.rates(bundle, place, limit, percent / 100))
    counts = metrics.at_threshold(films["covid"], films["score"], limit)
    _matrix_and_curves(films, counts)


def _place(rows: pd.DataFrame) -> str:
    found = {
        title: place
        for place, title in results.POPULATIONS.items()
        if not results.population(rows, place).empty
    }
    if not found:
        st.info("predictions.csv has no films to measure on.", icon=":material/info:")
        st.stop()
    return found[parts.choose("Films", list(found), key="threshold_films")]


def _figures(table: figures.Rates) -> None:
    """Show the rates with their intervals, as tiles that wrap on a narrow screen."""
    shown = {
        "Sensitivity": (table["sensitivity"], "Sick films that are called COVID-19."),
        "Specificity": (table["specificity"], "Normal films that are called normal."),
        "PPV": (table["ppv"], "How often the answer COVID-19 is right at this prevalence."),
        "NPV": (table["npv"], "How often the answer normal is right at this prevalence."),
    }
    with st.container(horizontal=True):
        for title, (value, explained) in shown.items():
            text = "–" if value is None else f"{value['value']:.1%}"
            note = "" if value is None else f"{value['low']:.1%} to {value['high']:.1%}"
            st.metric(
                title,
                text,
                note or None,
                delta_color="off",
                delta_arrow="off",
                help=explained,
                border=True,
                width=170,
            )


def _matrix_and_curves(films: pd.DataFrame, counts: dict[str, Any]) -> None:
    sensitivity, specificity = counts["sensitivity"], counts["specificity"]
    left, middle, right = st.columns(3)
    with left:
        st.markdown("**Confusion matrix**")
        table = pd.DataFrame({"cell": list(_CELLS.values()), "films": [counts[c] for c in _CELLS]})
        alt = ", ".join(f"{row.cell}: {row.films}" for row in table.itertuples())
        parts.show_chart(charts.confusion(counts, parts.ink()), table, "confusion", alt)
    with middle:
        st.markdown("**ROC**")
        curve = thinned(pd.DataFrame(metrics.roc(films["covid"], films["score"])))
        point = (1 - specificity, sensitivity)
        titles = ("1 - specificity", "Sensitivity")
        figure = charts.rate_curve(curve, "fpr", "tpr", point, titles, diagonal=True)
        auc = metrics.auc(films["covid"], films["score"])
        alt = f"ROC curve, AUC {auc:.3f}; operating point at {point[0]:.2f}, {point[1]:.2f}"
        parts.show_chart(figure, curve, "roc", alt)
    with right:
        st.markdown("**Precision and recall**")
        curve = thinned(pd.DataFrame(metrics.precision_recall(films["covid"], films["score"])))
        called = counts["tp"] + counts["fp"]
        point = (sensitivity, counts["tp"] / called if called else 1.0)
        titles = ("Recall (sensitivity)", "Precision among these films")
        figure = charts.rate_curve(curve, "recall", "precision", point, titles)
        alt = f"Precision-recall curve; operating point at {point[0]:.2f}, {point[1]:.2f}"
        parts.show_chart(figure, curve, "precision-recall", alt)


def thinned(curve: pd.DataFrame, count: int = _CURVE_POINTS) -> pd.DataFrame:
    """Return at most `count` points of a curve, its ends among them, so that it draws fast."""
    if len(curve) <= count:
        return curve
    return curve.iloc[np.linspace(0, len(curve) - 1, count).round().astype(int)]


def _calibration(rows: pd.DataFrame) -> None:
    st.header("Do the probabilities mean what they say?")
    read = {}
    for place in ("inside", "outside"):
        films = results.population(rows, place)
        if not films.empty:
            read[place] = metrics.reliability(films["covid"], films["score"])
    if not read:
        return
    said = [f"{k}: ECE {v['ece']:.3f}, Brier score {v['brier']:.3f}" for k, v in read.items()]
    st.caption(
        "On the dashed line a probability of 0.7 is right seven times in ten. "
        "ECE is the mean distance from it; 0 is perfect. " + "; ".join(said) + "."
    )
    tables = {f"{k}, ECE {v['ece']:.3f}": pd.DataFrame(v["bins"]) for k, v in read.items()}
    parts.show_chart(
        charts.calibration(tables),
        pd.concat([t.assign(films=name) for name, t in tables.items()]),
        "calibration",
        "Reliability plot. " + "; ".join(said),
    )


def _decision(rows: pd.DataFrame) -> None:
    """Show the decision curve at the films' own prevalence, which their probabilities fit."""
    st.header("Who gains by acting on it?")
    place = parts.choose("Measured", ["inside", "outside"], key="decision_place")
    films = results.population(rows, place)
    if films.empty:
        st.info(f"predictions.csv has no films {place}.", icon=":material/info:")
        return
    share = films["covid"].mean()
    st.caption(
        "Net benefit: true positives, minus false alarms weighted by how lightly one acts, per "
        f"film. A useful model lies above both other lines. {share:.0%} of these films are "
        "COVID-19, far more than among people screened."
    )
    table = pd.DataFrame(metrics.decision_curve(films["covid"], films["score"]))
    alt = "Net benefit of the model, of acting on everybody, and on nobody, over the threshold"
    parts.show_chart(charts.decision(table), table, "decision-curve", alt)


def _histograms(rows: pd.DataFrame, limit: float) -> None:
    st.header("Scores")
    left, right = st.columns(2)
    with left:
        names = sorted(rows["set"].unique(), key=lambda n: PLACES.index(place_of(n)))
        sets = {set_title(name): name for name in names}
        title = st.selectbox("Set", list(sets), key="score_set")
    with right:
        by = parts.choose("Coloured by", ["label", "source"], key="score_by")
    films = rows[rows["set"] == sets[title]]
    counts = films.groupby(by)["score"].describe()[["count", "mean", "25%", "50%", "75%"]]
    parts.show_chart(
        charts.score_histogram(films, by, limit),
        counts.reset_index(),
        "scores",
        f"Histogram of the scores of {title} by {by}, with the threshold {limit:.2f}",
    )
