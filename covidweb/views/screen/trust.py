"""Can I trust this? The gate's findings, the map's place, its steadiness, and known films."""

from typing import Any

import pandas as pd
import streamlit as st

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.radiograph import Radiograph
from covidweb.screening import trust
from covidweb.screening.films import Row
from covidweb.screening.words import probability_words
from covidweb.views import session
from covidweb.views.screen import known

_LEVELS = {
    "fair": ":material/verified:",
    "care": ":material/info:",
    "doubt": ":material/warning:",
}
_STABLE = "screen_stability"


def show(row: Row, film: Radiograph, bundle: Bundle) -> None:
    """Draw the panel, closed at first; its slow parts run when it is opened."""
    panel = st.expander(
        "Can I trust this?",
        icon=":material/fact_check:",
        key="screen_trust",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        stable = _stability(row, film, bundle)
        learned = known.look_up(row.film, film, bundle)
        _advice(row, stable, learned, bundle)
        _lungs(row)
        _steadiness(stable)
        st.markdown(f"**Known film** · {escape(learned.sentence)}")
        findings(row)


def caution(row: Row, bundle: Bundle) -> None:
    """Say in one line when the map is not to be believed; the panel has the rest."""
    if row.result.probability is None:
        return
    said = trust.advice(row.result, edges_only=bundle.kind == "seed")
    if said.level == "doubt":
        st.markdown(f"{_LEVELS[said.level]} **{said.sentence}** {escape(said.reasons[0])}")


def findings(row: Row) -> None:
    """List the gate's checks with their outcome."""
    if not row.result.quality:
        return
    said = "  \n".join(
        f"{':material/check:' if f.passed else ':material/close:'} {escape(f.message)}"
        for f in row.result.quality
    )
    st.markdown(f"**Is it a frontal chest film at all?**\n\n{said}")


def _stability(row: Row, film: Radiograph, bundle: Bundle) -> trust.Stability | None:
    kept: dict[Any, trust.Stability | None] = st.session_state.setdefault(_STABLE, {})
    key = (row.film.key, bundle.sha256)
    if key not in kept:
        with st.spinner("Reading the film again, slightly changed…"):
            kept[key] = trust.stability(session.screener(bundle.name), film)
    return kept[key]


def _advice(row: Row, stable: trust.Stability | None, learned: known.Known, bundle: Bundle) -> None:
    said = trust.advice(
        row.result, stable, learned.training, bundle.kind == "seed", unseen=not learned.home
    )
    st.markdown(f"{_LEVELS[said.level]} **{said.sentence}**")
    if said.reasons:
        st.markdown("\n".join(f"- {escape(reason)}" for reason in said.reasons))


def _lungs(row: Row) -> None:
    share, ratio = row.result.lung_share, row.result.lung_ratio
    if share is None or ratio is None:
        st.markdown("**Evidence inside the lungs** · unknown: the lungs were not outlined.")
        return
    st.markdown(
        f"**Evidence inside the lungs** · {share:.0%} of it, {ratio:.1f} times what chance would "
        "put there (1.0 is chance)."
    )


def _steadiness(stable: trust.Stability | None) -> None:
    if stable is None:
        return
    low, high = stable.span
    agreed = stable.lowest_agreement
    alike = "" if agreed is None else f" The least alike map agrees to {agreed:.2f} (1 is equal)."
    st.markdown(
        f"**Steadiness** · {len(stable.changes)} harmless changes move the probability between "
        f"{probability_words(low)} and {probability_words(high)}.{alike}"
    )
    table = [
        {
            "Change": change.title,
            "Probability": (
                "not assessed"
                if change.probability is None
                else probability_words(change.probability)
            ),
            "Map agrees": "–" if change.map_agreement is None else f"{change.map_agreement:.2f}",
            "Verdict": "changes" if change.flipped else "stays",
        }
        for change in stable.changes
    ]
    # A plain table: its words wrap on a phone.
    st.table(pd.DataFrame(table).set_index("Change"))
