"""Are the heatmaps to be believed: measured, not looked at."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from covidweb.bundle import Bundle, results
from covidweb.markdown import escape
from covidweb.views import charts, names, parts
from covidweb.views.training import audit, data

_MEANINGS = {
    "lung": "Evidence inside the lungs, divided by the lungs' share of the picture: 1 is what a "
    "map at random reaches, and more is better.",
    "deletion": "Painting over the hottest area must lower the score faster than painting over "
    "random areas; otherwise the map points at what does not matter.",
    "random": "After the weights are randomised the map must change. A map that stays the same "
    "shows the film's edges and not what was learned.",
    "insert": "Opacities of known place were put into normal films: how often the hottest point "
    "of the map lies on one.",
    "boxes": "Films that radiologists drew boxes on, none of them learned from: how often the "
    "hottest point of the map lies in a box. Their lungs were cut out and the rest is black.",
    "simulated": "Films of digital chests, whose opacities are known: how often the hottest point "
    "of the map lies on one.",
}


def show(bundles: list[Bundle]) -> None:
    """Show every explanation check that was run, each with a sentence on what it means."""
    st.header("Explanations audited")
    bundle = data.one_of(bundles, "explanations_model")
    evaluation = data.evaluation(bundle) if bundle else None
    if bundle is None or evaluation is None:
        return
    if bundle.kind == "seed":
        st.info(parts.EDGES_ONLY, icon=":material/info:")
    section = evaluation.audit.explanations
    if not section:
        audit.missing("explanations")
        return
    for key, part in sections(section).items():
        _part(key, part)


def sections(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checks that are objects as they are, and single figures gathered in one."""
    single = {k: v for k, v in section.items() if not isinstance(v, Mapping) or "value" in v}
    whole = {k: v for k, v in section.items() if k not in single}
    return whole | ({"other figures": single} if single else {})


def meaning(key: str) -> str:
    """Return the sentence that explains a check, found by a word in its name."""
    return next((text for word, text in _MEANINGS.items() if word in key), "")


def below_chance(part: Any) -> str | None:
    """Return a sentence where a check's hit rate is not above chance, else None."""
    if not isinstance(part, Mapping):
        return None
    pairs = ((part.get(n), part.get(f"{n}_by_chance")) for n in ("hit_rate", "top_zone_hit_rate"))
    worse = [
        (value, luck)
        for value, luck in pairs
        if isinstance(value, float | int) and isinstance(luck, float | int) and value <= luck
    ]
    if not worse:
        return None
    value, luck = worse[0]
    return f"No better than chance: {value:.0%}, where a random place would reach {luck:.0%}."


def _part(key: str, part: Any) -> None:
    st.markdown(f"### {escape(names.check(key))}")
    st.markdown(meaning(key))
    if (warning := below_chance(part)) is not None:
        st.warning(warning, icon=":material/warning:")
    curves = results.audit_curves(part)
    for name, table in curves.items():
        label = f"{key}-{name}".strip("-").replace(" ", "-")
        table = table.rename(columns=names.measure)
        titles = (str(table.columns[0]), "Score")
        alt = f"{label}: {', '.join(table.columns[1:])} over {table.columns[0]}"
        parts.show_chart(charts.curves(table, titles), table, label, alt)
    if not results.audit_values(part).empty or not curves:
        audit.show_values(part, key)
