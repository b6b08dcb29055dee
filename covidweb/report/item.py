"""One film with its answer: the common input of every report."""

from dataclasses import dataclass

from covidweb.radiograph import Radiograph
from covidweb.screening.result import ScreeningResult

DISCLAIMER = "Research software, not a medical device."


@dataclass(frozen=True, eq=False)
class ReportItem:
    """A film and what screening gave.

    Attributes:
        file: the file's name; folders in it are never written anywhere.
        radiograph: the film, or None where the bytes were not one.
        result: the answer.
        interval: low and high of the probability's 95 % interval, 0..1, where known.
        conditions: sentences about where the probability and the threshold hold, and where not.
    """

    file: str
    radiograph: Radiograph | None
    result: ScreeningResult
    interval: tuple[float, float] | None = None
    conditions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's base name, without folders (of any system) and control characters."""
        base = self.file.replace("\\", "/").rsplit("/", 1)[-1]
        clean = "".join(letter for letter in base if letter.isprintable()).strip()
        return clean if clean.strip(".") else "film"
