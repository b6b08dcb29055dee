"""From bytes to a ScreeningResult; `Screener` is the way in."""

from covidweb.screening.explain import METHODS, TITLES
from covidweb.screening.result import ZONES, Finding, ModelId, ScreeningResult
from covidweb.screening.screener import Prepared, Screener

__all__ = [
    "METHODS",
    "TITLES",
    "ZONES",
    "Finding",
    "ModelId",
    "Prepared",
    "Screener",
    "ScreeningResult",
]
