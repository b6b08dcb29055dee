"""What one batch teaches: opacity within sources, COVID-19 across them.

An opacity lesson compares sick and well films of the same source and, where it is known, the same
view: children's pneumonia against children's normals, NIH against NIH, opacities against other
findings and normals of RSNA, and normal films of every source with and without an inserted
opacity. So no lesson can be learned from where or how a film was taken. COVID-19 against normal is
such a trap: only a small part of its gradient reaches the trunk.
"""

from dataclasses import dataclass, replace

import numpy as np

from covidweb.training.classifier.pool import CUT_OUT, Pool

NIH = ("auxiliary_nih", "auxiliary_nih_more")
YOUNG = ("auxiliary_paediatric",)
MAIN = ("train_pool",)


@dataclass(frozen=True)
class Plan:
    """One kind of film in a batch.

    Attributes:
        films: how many a batch has.
        sets, source, label: which films; any view where `view` is empty.
        opacity: 1 sick, 0 well, None when unknown.
        covid: 1 or 0 for the COVID head, None where the film says nothing on it.
        insert: probability of inserting an opacity, which makes `opacity` 1 and `covid` None.
    """

    films: int
    sets: tuple[str, ...]
    source: str
    label: str
    view: str = ""
    opacity: float | None = None
    covid: float | None = None
    insert: float = 0.0


def _both_views(plan: Plan, supine: int, upright: int) -> tuple[Plan, ...]:
    """Return a plan for AP and one for PA films, with so many films each."""
    return replace(plan, view="AP", films=supine), replace(plan, view="PA", films=upright)


COVID = tuple(
    Plan(n, MAIN, source, "covid", covid=1.0)
    for source, n in (("bimcv", 3), ("bimcv_mixed", 2), ("cxnet", 2), ("ieee8023", 2))
)
POOL_NORMALS = (
    *_both_views(Plan(0, MAIN, "rsna", "normal", opacity=0.0, covid=0.0, insert=0.5), 4, 4),
    Plan(4, MAIN, "openist", "normal", opacity=0.0, covid=0.0, insert=0.5),
)
CHILDREN = (
    Plan(3, YOUNG, "kermany", "pneumonia", opacity=1.0),
    Plan(3, YOUNG, "kermany", "normal", opacity=0.0),
    Plan(1, YOUNG, "kermany", "normal", opacity=0.0, insert=0.5),
)
ADULTS = (
    *_both_views(Plan(0, NIH, "nih", "pneumonia", opacity=1.0), 2, 2),
    *_both_views(Plan(0, NIH, "nih", "normal", opacity=0.0, covid=0.0), 1, 1),
    *_both_views(Plan(0, NIH, "nih", "normal", opacity=0.0, covid=0.0, insert=0.5), 1, 1),
    *_both_views(Plan(0, NIH, "nih", "other", opacity=0.0), 1, 1),
)
LUNGS_ONLY = (
    *_both_views(Plan(0, (CUT_OUT,), "rsna_lungs", "pneumonia", opacity=1.0), 5, 2),
    *_both_views(Plan(0, (CUT_OUT,), "rsna_lungs", "other", opacity=0.0), 4, 1),
    *_both_views(Plan(0, (CUT_OUT,), "rsna_lungs", "normal", opacity=0.0), 1, 1),
)


@dataclass(frozen=True)
class Mix:
    """The kinds of film of a batch.

    Attributes:
        plans: one a kind.
        boxes: whether radiologists' boxes teach where an opacity is.
    """

    plans: tuple[Plan, ...] = COVID + POOL_NORMALS + CHILDREN + ADULTS + LUNGS_ONLY
    boxes: bool = True


@dataclass(frozen=True, eq=False)
class Lesson:
    """A plan with the rows of the pool to draw from, int (n,), never empty."""

    plan: Plan
    index: np.ndarray


def make_lessons(pool: Pool, part: str, mix: Mix, hold_out: tuple[str, ...] = ()) -> list[Lesson]:
    """Return the kinds of film of a batch, from one part of the split; kinds without a film go.

    Args:
        pool: the films. Those without lungs found are left out.
        part: `train`, `validation` or `test`.
        mix: how many of each kind.
        hold_out: sources to leave out.
    """
    found = []
    for plan in mix.plans:
        wanted: dict[str, str | tuple[str, ...]] = {
            "set": plan.sets,
            "source": plan.source,
            "label": plan.label,
            "split": part,
        }
        index = pool.where(**wanted, **({"view": plan.view} if plan.view else {}))
        index = index[pool.framed[index]]
        if plan.films and len(index) and plan.source not in hold_out:
            found.append(Lesson(plan, index))
    return found
