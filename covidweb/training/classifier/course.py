"""Two courses from one start, and the mean of what they end with.

Networks that one start was taught into by different recipes lie close enough together for the mean
of their weights to be a network as good as the better of them, at the cost of one (Wortsman et al.,
"Model soups", ICML 2022). Of the two here, one is steadier and the other better inside and outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import keras
import numpy as np

from covidweb.training.classifier.fit import Recipe
from covidweb.training.classifier.lessons import (
    ADULTS,
    CHILDREN,
    COVID,
    LUNGS_ONLY,
    POOL_NORMALS,
    Mix,
)
from covidweb.training.classifier.readings import Changes
from covidweb.training.classifier.steadying import Steadying


@dataclass(frozen=True)
class Course:
    """What one network learns before it goes into the mean.

    Attributes:
        recipe: of the trunk's lessons.
        plan: of what makes it steady after them.
    """

    recipe: Recipe = field(default_factory=Recipe)
    plan: Steadying = field(default_factory=Steadying)


COURSES = (Course(), Course(Recipe(gradient=0.4, place=2.0)))
"""The product's."""

_KEPT_STILL = Mix(
    plans=COVID
    + POOL_NORMALS
    + tuple(replace(plan, films=n) for plan, n in zip(CHILDREN, (4, 5, 2), strict=True))
    + tuple(replace(plan, films=2) for plan in ADULTS)
    + tuple(replace(plan, films=max(1, plan.films // 2)) for plan in LUNGS_ONLY)
)
"""More of those that move most: children's and NIH's films."""

_STILL = Steadying(
    probability=40.0,
    changes=Changes(
        none=0.15,
        turned=0.75,
        coarse=0.7,
        restyled=0.5,
        how=replace(Changes().how, turn=2.5, blur=0.45),
    ),
    mix=_KEPT_STILL,
)

LAST = (_STILL, replace(_STILL, epochs=16), replace(_STILL, epochs=32))
"""What makes the product's mean steadier: each round by what the end of the one before says."""

FRESH = 0.2
"""Share of the last course's end in the product's network, beside what was made steadier: it tells
more apart."""


def averaged(models: Sequence[keras.Model], shares: Sequence[float] | None = None) -> keras.Model:
    """Return a network whose weights are the means of those of networks of one shape.

    The first of them is changed and returned. Readings of COVID-19 are to be fitted again.

    Args:
        models: at least one. shares: of each, with the sum 1; None for equal ones.
    """
    first = models[0]
    every = zip(*(model.get_weights() for model in models), strict=True)
    first.set_weights([np.average(same, axis=0, weights=shares) for same in every])
    return first
