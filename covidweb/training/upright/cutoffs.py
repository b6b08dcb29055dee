"""Choose what passes the upright check, on films that it did not learn from."""

from collections.abc import Iterable

import numpy as np

from covidweb.screening.upright import Posture

ALLOWED = {"not_frontal": 0.004, "mirrored": 0.008}
"""Share of the films of the split `validation` that each cutoff may turn away. A few of them are
mirrored in truth, or show a heart on the right: about half of what the second allows."""

RULE = (
    f"Of frontal films of the split validation, {ALLOWED['not_frontal']:.1%} lie beyond "
    f"not_frontal and {ALLOWED['mirrored']:.1%} beyond mirrored; not_frontal is at least 0.5, "
    "mirrored at least 0."
)


def choose_cutoffs(postures: Iterable[Posture]) -> dict[str, float]:
    """Return the cutoffs: each turns away its share `ALLOWED` of upright frontal films.

    Args:
        postures: of upright frontal films.

    Returns:
        `not_frontal`, the largest probability of being no whole frontal film, and `mirrored`, the
        largest logit of being mirrored, that pass.
    """
    found = list(postures)
    odd = np.array([1 - posture.kinds["frontal"] for posture in found])
    mirrored = np.array([posture.mirrored for posture in found])
    return {
        "not_frontal": round(max(0.5, _beyond(odd, "not_frontal")), 4),
        "mirrored": round(max(0.0, _beyond(mirrored, "mirrored")), 3),
    }


def _beyond(values: np.ndarray, name: str) -> float:
    return float(np.quantile(values, 1 - ALLOWED[name]))
