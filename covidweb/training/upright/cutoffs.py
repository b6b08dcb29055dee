"""Choose what passes the upright check, on films that it did not learn from."""

from collections.abc import Iterable

import numpy as np

from covidweb.screening.upright import Posture

REFUSED = 0.004
"""Share of the frontal films of the split `validation` that may be taken for something else."""

MIRRORED_PASSED = 0.05
"""Share of their mirror images that may pass. That is one turn of the five that are evaluated, so
1 % of turned films, which leaves room for hospitals where twice as many pass."""

RULE = (
    f"Of frontal films of the split validation, {REFUSED:.1%} lie beyond not_frontal, which is at "
    f"least 0.5; of their mirror images, {MIRRORED_PASSED:.0%} do not lie beyond mirrored, which "
    "is at least 0."
)


def choose_cutoffs(postures: Iterable[Posture]) -> dict[str, float]:
    """Return the cutoffs, each by its share: `REFUSED` and `MIRRORED_PASSED`.

    Args:
        postures: of upright frontal films.

    Returns:
        `not_frontal`, the largest probability of being no whole frontal film, and `mirrored`, the
        largest logit of being mirrored, that pass.
    """
    found = list(postures)
    odd = np.array([1 - posture.kinds["frontal"] for posture in found])
    # The logit of a mirror image is that of the film with the other sign.
    mirrored = np.array([-posture.mirrored for posture in found])
    return {
        "not_frontal": round(max(0.5, float(np.quantile(odd, 1 - REFUSED))), 4),
        "mirrored": round(max(0.0, float(np.quantile(mirrored, MIRRORED_PASSED))), 3),
    }
