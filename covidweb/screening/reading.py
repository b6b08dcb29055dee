"""Reading first: a reader's answers beside the model's and, where it is known, the truth."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One film read: each answer is `covid` or `normal`, or empty where there is none."""

    reader: str
    model: str
    truth: str = ""


@dataclass(frozen=True)
class Score:
    """How many films were read, how many have a truth, and who was right on those."""

    read: int
    agreed: int
    answered: int
    known: int
    reader_right: int
    model_right: int


def score(readings: Iterable[Reading]) -> Score:
    """Count a session's readings; a model that gave no answer is not right on that film."""
    rows = list(readings)
    known = [row for row in rows if row.truth in ("covid", "normal")]
    answered = [row for row in rows if row.model]
    return Score(
        read=len(rows),
        agreed=sum(row.reader == row.model for row in answered),
        answered=len(answered),
        known=len(known),
        reader_right=sum(row.reader == row.truth for row in known),
        model_right=sum(row.model == row.truth for row in known),
    )
