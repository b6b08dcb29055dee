"""`predict`: one record per file, in input order."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from covidweb.screening.result import ModelId, ScreeningResult

if TYPE_CHECKING:
    from covidweb.radiograph import Radiograph
    from covidweb.screening.screener import Screener


class Format(StrEnum):
    """How the records are written."""

    JSONL = "jsonl"
    CSV = "csv"


def predict(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Films or folders.")],
    model: Annotated[str, typer.Option(help="Name of a bundle under model/.")] = "default",
    output: Annotated[Path | None, typer.Option(help="Write records here, not to stdout.")] = None,
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
    from covidweb.screening.screener import Screener

    files = list(_expand(paths))
    if not files:
        raise typer.BadParameter(f"no films found in {', '.join(map(str, paths))}")
    saved = None if compare is None else _saved(compare)
    screener = Screener.load(model)
    for folder in (overlays, lungs):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    names = _stems(files)
    differs = False
    with _records(output) as stream:
        write = _writer(format, stream, compare is not None)
        for file, name in zip(track(files, "Screening", len(files)), names, strict=True):
            film, result = _one(screener, file, name, overlays, lungs)
            record = result.record(str(file))
            if saved is not None:
                record["differences"] = _differences(saved, file, film, result)
                differs = differs or bool(record["differences"])
            write(record)
    if differs:
        raise typer.Exit(1)


@contextmanager
def _records(output: Path | None) -> Iterator[TextIO]:
    """Yield where the records go: stdout, or a file that is whole when the run is."""
    from covidweb.files import replacing

    if output is None:
        yield sys.stdout
        return
    with replacing(output) as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        yield stream


def _one(
    screener: "Screener", file: Path, name: str, overlays: Path | None, lungs: Path | None
) -> tuple["Radiograph | None", ScreeningResult]:
    from covidweb.errors import ImageError
    from covidweb.radiograph import read_radiograph_file

    try:
        film = read_radiograph_file(file)
    except ImageError as error:
        return None, screener.failure(str(error))
    result = screener.screen(film)
    if overlays is not None and result.heatmap is not None:
        from covidweb.report import overlay

        overlay(film, result).save(overlays / f"{name}.png")
    if lungs is not None:
        _save_mask(film, result, lungs / f"{name}.png")
    return film, result


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
    saved: list[dict[str, Any]], file: Path, film: "Radiograph | None", result: ScreeningResult
) -> list[str]:
    """Compare with the record of the same film, known by its hash, else by its name."""
    from covidweb.report import compare_record

    sha256 = film.sha256 if film else None
    same = [r for r in saved if sha256 and r.get("film_sha256") == sha256]
    same = same or [r for r in saved if r.get("file") == file.name]
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


def _stems(files: list[Path]) -> list[str]:
    """Return the files' stems, with the extension added where two files share one."""
    stems = [file.stem for file in files]
    names: list[str] = []
    for file, stem in zip(files, stems, strict=True):
        name = stem if stems.count(stem) == 1 else file.name
        count = names.count(name)
        names.append(name if not count else f"{name}-{count + 1}")
    return names


def _expand(paths: list[Path]) -> Iterator[Path]:
    """Yield files as given, and the films of folders, sorted, subfolders included."""
    from covidweb.radiograph import ACCEPTED_EXTENSIONS

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        endings = {f".{extension}" for extension in ACCEPTED_EXTENSIONS}
        yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in endings)


def _writer(format: Format, stream: TextIO, compared: bool) -> Callable[[dict[str, Any]], None]:
    if format is Format.JSONL:
        return lambda record: print(json.dumps(record), file=stream, flush=True)
    columns = list(ScreeningResult("error", 0.0, ModelId("", "")).record(""))
    columns += ["differences"] if compared else []
    table = csv.DictWriter(stream, columns, lineterminator="\n")
    table.writeheader()

    def write(record: dict[str, Any]) -> None:
        table.writerow(
            {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in record.items()}
        )
        stream.flush()

    return write
