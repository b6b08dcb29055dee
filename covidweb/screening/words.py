"""Results in words: the verdict, the zones and where the evidence lies."""

from collections.abc import Mapping, Sequence

from covidweb.screening.again import VIEWS
from covidweb.screening.result import ZONES, ScreeningResult

HEADLINES = {
    "covid": "Suspicious for COVID-19",
    "normal": "Not suspicious for COVID-19",
    "uncertain": "Not sure",
    "not_assessed": "Not assessed",
    "error": "Could not be read",
}
"""Verdict of an `ok` result, or the status of any other, to the words for it."""

SHORT = {
    "covid": "Suspicious",
    "normal": "Not suspicious",
    "uncertain": "Not sure",
    "not_assessed": "Not assessed",
    "error": "Not read",
}
"""The same where there is little room."""

ZONE_TITLES = {zone: zone.replace("_", " ") for zone in ZONES}

MOSTLY = 0.6
"""The evidence is "mostly" in the fewest zones that hold this share of it."""

FAINT = 0.15
"""Below this share of the colour bar's top, a map is called faint."""


def headline(result: ScreeningResult) -> str:
    """Return the verdict in a few words, or why there is none."""
    return HEADLINES[answer_key(result)]


def answer_key(result: ScreeningResult) -> str:
    """Return which of `HEADLINES` a result gets."""
    return result.verdict if result.status == "ok" and result.verdict else result.status


def films_words(count: int) -> str:
    """Return a number of films in words: `1 film`, `1,200 films`."""
    return "1 film" if count == 1 else f"{count:,} films"


def probability_words(probability: float) -> str:
    """Return a probability 0..1 as `83 %`, never rounded up or down to certainty."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return f"{probability * 100:.0f} %"


def readings_sentence(result: ScreeningResult) -> str:
    """Say between what a film's readings lie; empty for a film that was read once."""
    if result.readings is None:
        return ""
    low, high = (probability_words(probability) for probability in result.readings)
    return (
        f"As its answer lies near the middle, the film was read {1 + len(VIEWS)} times, a little "
        f"turned, scaled and mirrored: {low} to {high}. The probability comes from all of them."
    )


def top_zones(regions: Mapping[str, float]) -> list[str]:
    """Return the fewest zones that together hold `MOSTLY` of the evidence, strongest first."""
    chosen: list[str] = []
    for zone in sorted(regions, key=lambda z: -regions[z]):
        chosen.append(zone)
        if sum(regions[z] for z in chosen) >= MOSTLY:
            break
    return chosen


def evidence_sentence(result: ScreeningResult) -> str:
    """Say in one sentence where in the lungs the evidence lies; never how ill the lungs are.

    Args:
        result: of a film; `regions` may be empty.

    Returns:
        A sentence; empty for a film that was not assessed.
    """
    if result.heatmap is None:
        return ""
    if result.status == "ok" and result.verdict == "normal":
        return "Too little evidence for COVID-19 to suspect it; the map shows what there is."
    if not result.regions or sum(result.regions.values()) <= 0:
        return _without_zones(result)
    zones = top_zones(result.regions)
    faint = heatmap_strength(result) < FAINT
    if len(zones) >= 4:
        where = "spread over both lungs"
        if faint:
            return f"Hardly any evidence for COVID-19, {where}."
        return f"Evidence {where}, in no zone more than in the others."
    where = f"the {join_words([ZONE_TITLES[z] for z in zones])} zone{'s' * (len(zones) > 1)}"
    if faint:
        return f"Hardly any evidence for COVID-19; what there is lies mostly in {where}."
    return f"Evidence mostly in {where}."


def heatmap_strength(result: ScreeningResult) -> float:
    """Return the map's hottest point as a share of the colour bar's top; may exceed 1."""
    if result.heatmap is None or result.heatmap_scale <= 0:
        return 0.0
    return float(result.heatmap.max()) / result.heatmap_scale


def join_words(words: Sequence[str]) -> str:
    """Join words as English does: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _without_zones(result: ScreeningResult) -> str:
    if heatmap_strength(result) == 0:
        return "No evidence for COVID-19 anywhere on the film."
    if result.lung_mask is None:
        return "The lungs were not outlined on this film, so the evidence has no zones."
    return "None of the evidence lies inside the lungs."
