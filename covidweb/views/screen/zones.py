"""The six zones as a small picture of the lungs, drawn in the colours of the page."""

from collections.abc import Mapping

import streamlit as st

from covidweb.screening.result import ScreeningResult
from covidweb.screening.words import ZONE_TITLES, evidence_sentence

_LUNG = (
    "M92 22 C66 18 40 58 28 104 C18 142 14 178 18 204 C20 214 30 214 40 208 "
    "C60 198 80 196 96 204 C106 206 108 196 108 184 L108 60 C108 38 104 24 92 22 Z"
)
"""The patient's right lung, on the picture's left as on a film; the left lung is its mirror."""

_THIRDS = ((16, 82), (82, 148), (148, 214))
_TINT = "#2f83b3"


def show(result: ScreeningResult) -> None:
    """Draw the zones with their shares of the evidence, and the sentence about them."""
    st.markdown(evidence_sentence(result))
    if result.regions and sum(result.regions.values()) > 0:
        st.html(picture(result.regions))
        st.caption("Share of the model's evidence per zone. It is not how severe anything is.")


def picture(regions: Mapping[str, float]) -> str:
    """Return inline SVG: both lungs in thirds, tinted by share, with the percentages.

    Args:
        regions: zone name to its share 0..1.
    """
    top = max(*regions.values(), 1e-9)
    lungs = "".join(
        _lung(side, [regions.get(f"{side}_{level}", 0.0) for level in _LEVELS], top)
        for side in ("right", "left")
    )
    return (
        '<svg role="img" viewBox="0 0 260 250" width="100%" style="max-width:260px" '
        f'xmlns="http://www.w3.org/2000/svg" aria-label="{alt_text(regions)}">'
        f'<g font-family="sans-serif" font-size="14" fill="currentColor" text-anchor="middle">'
        f"{lungs}"
        '<text x="68" y="240">Right</text><text x="192" y="240">Left</text></g></svg>'
    )


def alt_text(regions: Mapping[str, float]) -> str:
    """Return the shares as a sentence, for those who do not see the picture."""
    said = ", ".join(f"{ZONE_TITLES[z]} {share:.0%}" for z, share in regions.items())
    return f"The lungs in six zones, with each zone's share of the evidence: {said}."


_LEVELS = ("upper", "middle", "lower")


def _lung(side: str, shares: list[float], top: float) -> str:
    mirror = "" if side == "right" else ' transform="translate(260 0) scale(-1 1)"'
    centre = 68 if side == "right" else 192
    fills = "".join(
        f'<clipPath id="zone-{side}-{i}"><rect x="0" y="{a}" width="130" height="{b - a}"/>'
        f'</clipPath><path d="{_LUNG}" clip-path="url(#zone-{side}-{i})" fill="{_TINT}" '
        f'fill-opacity="{0.04 + 0.46 * share / top:.3f}"/>'
        for i, ((a, b), share) in enumerate(zip(_THIRDS, shares, strict=True))
    )
    lines = "".join(
        f'<path d="M14 {y} H108" stroke="currentColor" stroke-opacity="0.35" '
        'stroke-dasharray="3 3"/>'
        for y in (82, 148)
    )
    outline = f'<path d="{_LUNG}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    words = "".join(
        f'<text x="{centre}" y="{(a + b) / 2 + 5}">{share:.0%}</text>'
        for (a, b), share in zip(_THIRDS, shares, strict=True)
    )
    return f"<g{mirror}>{fills}{lines}{outline}</g>{words}"
