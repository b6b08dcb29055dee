"""The sets of films: their names, what each is for, and what the reader is told.

Films of `LEARNED` sets are split into train, validation and test; all others are held out. Inside
is the test split of the training hospitals; outside is every set whose name starts with
`external_`, never trained on.
"""

POOL = "train_pool"
FIRST_DEAL = (POOL, "auxiliary_paediatric", "auxiliary_nih")
SECOND_DEAL = ("auxiliary_rsna_lungs", "auxiliary_nih_more", "lateral")
"""Sets that came later: split after the first, so that no film of those ever changes sides."""
LEARNED = FIRST_DEAL + SECOND_DEAL
NOT_CXR = "not_cxr"
HELD_OUT = (
    "external_hannover",
    "external_figure1",
    "external_lundis",
    "stress_nih",
    "stress_paediatric",
    "stress_tuberculosis",
    NOT_CXR,
)
SETS = LEARNED + HELD_OUT

INSIDE, VALIDATION = "test", "validation"
"""What the films of `POOL` are named after in results: their part of the split."""

PLACES = ("inside", "outside", "stress", "validation", "other")
TITLES = {
    INSIDE: "Test split, training hospitals",
    VALIDATION: "Validation split",
    "external_hannover": "Hannover, never seen",
    "external_figure1": "Figure 1, never seen",
    "external_lundis": "Lundis, never seen",
    "stress_nih": "Stress: adults, NIH",
    "stress_paediatric": "Stress: children",
    "stress_tuberculosis": "Stress: tuberculosis",
    NOT_CXR: "Not chest films",
    "lateral": "Lateral films",
    "auxiliary_paediatric": "Lessons: children",
    "auxiliary_nih": "Lessons: adults, NIH",
    "auxiliary_nih_more": "Lessons: more adults, NIH",
    "auxiliary_rsna_lungs": "Lessons: lungs cut out, RSNA",
}


def set_title(name: str) -> str:
    """Return a set's name for the reader; unknown sets keep their own."""
    return TITLES.get(name, name.replace("_", " "))


def place_of(name: str) -> str:
    """Return which of `PLACES` a set belongs to."""
    if name in (INSIDE, VALIDATION):
        return "inside" if name == INSIDE else VALIDATION
    head = name.split("_")[0]
    return {"external": "outside", "stress": "stress"}.get(head, "other")
