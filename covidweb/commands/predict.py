"""`predict`: one record per file, in input order."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from covidweb.commands.records import Format, Records
from covidweb.screening.result import ModelId, ScreeningResult

if TYPE_CHECKING:
    from covidweb.radiograph import Radiograph, Source
    from covidweb.screening.screener import Screener


def predict(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Films, folders or ZIP archives.")
    ],
    model: Annotated[str, typer.Option(help="Name of a bundle under model/.")] = "default",
    output: Annotated[
        Path | None,
        typer.Option(help="Write records here, not to stdout; a run that was stopped goes on."),
    ] = None,
    format: Annotated[Format, typer.Option(help="Form of the records.")] = Format.JSONL,
    overlays: Annotated[Path | None, typer.Option(help="Write heatmap overlays here.")] = None,
    lungs: Annotated[Path | None, typer.Option(help="Write lung masks here.")] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="JSON records saved on the Screen page: say what differs; status 1."),
    ] = None,
) -> None:
    """Screen films: one record per file; a bad file is a record with status 'error'."""
    from covidweb.progress import track
    from covidweb.radiograph import Stems, list_paths
    from covidweb.screening.screener import Screener

    listing = list_paths(paths)
    if listing.left_out:
        print(f"covidweb: {listing.note(shown=10)}", file=sys.stderr)
    sources, stem = listing.sources, Stems()
    if not sources:
        raise typer.BadParameter("no films found there")
    saved = None if compare is None else _saved(compare)
    stems = [stem(source.name) for source in sources]
    places = [_Pictures(folder, stems) for folder in (overlays, lungs) if folder is not None]
    records = Records(output, format, _columns(saved is not None))
    differs = False
    try:
        screener = Screener.load(model)
        done = _resume(records, sources, screener.sha256, places, saved is None)
        rest = list(zip(sources, stems, strict=True))[done:]
        for source, name in track(rest, "Screening", len(rest)):
            film, result = _one(screener, source, name, overlays, lungs)
            record = result.record(source.path)
            if saved is not None:
                record["differences"] = _differences(saved, source.name, film, result)
                differs = differs or bool(record["differences"])
            records.write(record)
        records.finish()
    finally:
        records.close()
    if differs:
        raise typer.Exit(1)


def _one(
    screener: "Screener", source: "Source", name: str, overlays: Path | None, lungs: Path | None
) -> tuple["Radiograph | None", ScreeningResult]:
    from covidweb.errors import ImageError
    from covidweb.radiograph import read_radiograph

    try:
        film = read_radiograph(source.read())
    except ImageError as error:
        return None, screener.failure(str(error))
    result = screener.screen(film)
    if overlays is not None and result.heatmap is not None:
        from covidweb.report import overlay

        overlay(film, result).save(overlays / f"{name}.png")
    if lungs is not None:
        _save_mask(film, result, lungs / f"{name}.png")
    return film, result


class _Pictures:
    """A folder for pictures of films; made at once, so that a fault is known before any work."""

    def __init__(self, folder: Path, stems: Sequence[str]) -> None:
        from covidweb.errors import DataError

        self._folder, self._stems = folder, stems
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"The folder cannot be made: {error.strerror or error}. Received: {folder}"
            ) from error

    def holds(self, number: int) -> bool:
        """Whether the picture of the film at that place has been written."""
        return (self._folder / f"{self._stems[number]}.png").is_file()


def _resume(
    records: Records,
    sources: Sequence["Source"],
    model_sha256: str,
    places: Sequence[_Pictures],
    again: bool,
) -> int:
    """Go on after what an interrupted run with these weights wrote, pictures included."""

    def accept(number: int, record: dict[str, Any]) -> bool:
        answered = record.get("status") in ("ok", "uncertain")
        same = record.get("model_sha256") == model_sha256
        return again and same and (not answered or all(place.holds(number) for place in places))

    done = records.resume([source.path for source in sources], accept)
    if done:
        print(f"covidweb: {done:,} of {len(sources):,} films were done before.", file=sys.stderr)
    return done


def _saved(path: Path) -> list[dict[str, Any]]:
    """Read one saved record or a list of them."""
    from covidweb.errors import DataError

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"The records to compare with must be a JSON file of the Screen page: {error}"
        ) from error
    records = found if isinstance(found, list) else [found]
    if not all(isinstance(record, dict) and "status" in record for record in records):
        raise DataError(f"The file holds no records of the Screen page. Received: {path.name}")
    return records


def _differences(
    saved: list[dict[str, Any]], name: str, film: "Radiograph | None", result: ScreeningResult
) -> list[str]:
    """Compare with the record of the same film, known by its hash, else by its name."""
    from covidweb.report import compare_record

    sha256 = film.sha256 if film else None
    same = [r for r in saved if sha256 and r.get("film_sha256") == sha256]
    same = same or [r for r in saved if r.get("file") == name]
    if not same:
        return ["There is no record of this film to compare with."]
    return compare_record(same[0], result, sha256)


def _save_mask(film: "Radiograph", result: "ScreeningResult", path: Path) -> None:
    """Write the mask, white on black, at the film's original size; black when there is none."""
    import numpy as np
    from PIL import Image

    mask = result.lung_mask if result.lung_mask is not None else np.zeros((2, 2), bool)
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    smooth = grey.resize(film.original_size, Image.Resampling.BILINEAR)
    smooth.point(lambda level: 255 if level >= 128 else 0).save(path)


def _columns(compared: bool) -> list[str]:
    columns = list(ScreeningResult("error", 0.0, ModelId("", "")).record(""))
    return columns + (["differences"] if compared else [])
