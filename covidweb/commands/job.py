"""What `predict` does with every film, on whichever machine: screen it, write pictures, record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from covidweb.errors import DataError, ModelError

if TYPE_CHECKING:
    from covidweb.radiograph import Radiograph, Source
    from covidweb.screening import Screener, ScreeningResult
    from covidweb.screening.pipeline import Answer


@dataclass(frozen=True, eq=False)
class Item:
    """One film of a run: where it is read, and the stem of the pictures written of it."""

    source: "Source"
    stem: str


@dataclass(frozen=True, eq=False)
class Job:
    """A run's settings; it can be pickled and sent to another machine.

    Attributes:
        model: name of the bundle.
        sha256: of its weights; others are refused.
        overlays: folder for heatmap overlays, or None.
        lungs: folder for lung masks, or None.
        saved: records of the Screen page to compare with, or None.
    """

    model: str
    sha256: str
    overlays: Path | None = None
    lungs: Path | None = None
    saved: Sequence[dict[str, Any]] | None = None

    def load(self) -> "Screener":
        """Load the Screener. Raises ModelError, also where the weights are others."""
        from covidweb.screening import Screener

        screener = Screener.load(self.model)
        if screener.sha256 != self.sha256:
            raise ModelError(
                f"The bundle '{self.model}' has other weights here: expected sha256 "
                f"{self.sha256[:12]}…, found {screener.sha256[:12]}…."
            )
        return screener

    def records(
        self, items: Sequence[Item], load: "Callable[[], Screener] | None" = None
    ) -> Iterator[dict[str, Any]]:
        """Screen the items and yield their records, in order; pictures are written before."""
        from covidweb.screening.pipeline import screen_stream

        def finish(place: int, answer: "Answer") -> None:
            self._write(answer, items[place].stem)

        sources = [item.source for item in items]
        writes = self.overlays is not None or self.lungs is not None
        for answer in screen_stream(sources, load or self.load, finish if writes else None):
            yield self._record(answer)

    def make_folders(self) -> None:
        """Make the folders for pictures, so that a fault is known before any work.

        Raises:
            DataError: a folder cannot be made.
        """
        for folder in self._folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DataError(
                    f"The folder cannot be made: {error.strerror or error}. Received: {folder}"
                ) from error

    def written(self, item: Item) -> bool:
        """Whether every picture of a film that was assessed has been written."""
        return all((folder / f"{item.stem}.png").is_file() for folder in self._folders)

    @property
    def _folders(self) -> list[Path]:
        return [folder for folder in (self.overlays, self.lungs) if folder is not None]

    def _record(self, answer: "Answer") -> dict[str, Any]:
        record = answer.result.record(answer.source.path)
        if self.saved is not None:
            record["differences"] = _differences(self.saved, answer)
        return record

    def _write(self, answer: "Answer", stem: str) -> None:
        if answer.film is None:
            return
        if self.overlays is not None and answer.result.heatmap is not None:
            from covidweb.report import overlay

            picture = overlay(answer.film, answer.result)
            _save(picture, self.overlays / f"{stem}.png")
        if self.lungs is not None:
            _save(_mask(answer.film, answer.result), self.lungs / f"{stem}.png")


def _save(picture: Any, path: Path) -> None:
    """Write a picture in one step: a run that is killed leaves no half of one."""
    from covidweb.files import replacing

    with replacing(path) as beside:
        picture.save(beside)


def _mask(film: "Radiograph", result: "ScreeningResult") -> Any:
    """Return the mask, white on black, at the film's original size; black when there is none.

    It lies on the film as the file has it, also where a tilt was taken out before it was read.
    """
    import numpy as np
    from PIL import Image

    from covidweb.screening.placement import on_original

    mask = result.lung_mask if result.lung_mask is not None else np.zeros((2, 2), bool)
    lying = on_original(mask, result.placement, film.original_size)
    return Image.fromarray(lying.astype(np.uint8) * 255)


def _differences(saved: Sequence[dict[str, Any]], answer: "Answer") -> list[str]:
    """Compare with the record of the same film, known by its hash, else by its name."""
    from covidweb.report import compare_record

    sha256 = answer.film.sha256 if answer.film else None
    same = [r for r in saved if sha256 and r.get("film_sha256") == sha256]
    same = same or [r for r in saved if r.get("file") == answer.source.name]
    if not same:
        return ["There is no record of this film to compare with."]
    return compare_record(same[0], answer.result, sha256)
