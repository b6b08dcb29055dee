"""From bytes to a ScreeningResult; `Screener` is the way in.

Its names are imported when they are asked for, so that a part can be used without all of them:
`predict` reads its first films while the networks' libraries are imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "METHODS": "explain",
    "TITLES": "explain",
    "ZONES": "result",
    "Finding": "result",
    "ModelId": "result",
    "Prepared": "screener",
    "Screener": "screener",
    "ScreeningResult": "result",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
