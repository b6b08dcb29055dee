"""`predict`: one record per file, in input order."""

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from covidweb.commands.records import Format, Records

if TYPE_CHECKING:
    from covidweb.commands.job import Item, Job


class EngineName(StrEnum):
    """Where films are screened."""

    LOCAL = "local"
    RAY = "ray"


_TEXT = "Overlays show what is burnt into a film, names too: look before you pass them on."


def predict(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Films, folders or ZIP archives; or addresses as s3://..."
        ),
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
    engine: Annotated[
        EngineName, typer.Option(help="This process, or Ray on one machine or many.")
    ] = EngineName.LOCAL,
    workers: Annotated[
        int | None, typer.Option(min=1, help="With Ray: Screeners at work. Default: all it holds.")
    ] = None,
) -> None:
    """Screen films: one record per file; a bad file is a record with status 'error'."""
    from covidweb.bundle import read_bundle
    from covidweb.commands.job import Job
    from covidweb.progress import track

    if workers is not None and engine is not EngineName.RAY:
        raise typer.BadParameter("--workers goes with --engine ray")
    items = _items(paths)
    saved = None if compare is None else _saved(compare)
    records = Records(output, format, _columns(saved is not None))
    differs = False
    try:
        job = Job(model, read_bundle(model).sha256, overlays, lungs, saved)
        job.make_folders()
        if overlays is not None:
            print(f"covidweb: {_TEXT}", file=sys.stderr)
        rest = items[_resume(records, items, job) :]
        for record in track(_run(job, rest, engine, workers), "Screening", len(rest)):
            differs = differs or bool(record.get("differences"))
            records.write(record)
        records.finish()
    finally:
        records.close()
    if differs:
        raise typer.Exit(1)


def _items(paths: Sequence[str]) -> "list[Item]":
    from covidweb.commands.job import Item
    from covidweb.radiograph import Stems, list_paths

    listing = list_paths(paths)
    if listing.left_out:
        print(f"covidweb: {listing.note(shown=10)}", file=sys.stderr)
    if not listing.sources:
        raise typer.BadParameter("no films found there")
    stem = Stems()
    return [Item(source, stem(source.name)) for source in listing.sources]


def _run(
    job: "Job", items: "Sequence[Item]", engine: EngineName, workers: int | None
) -> Iterator[dict[str, Any]]:
    if engine is EngineName.LOCAL:
        return job.records(items)
    from covidweb.commands.cluster import records

    return records(job, items, workers)


def _resume(records: Records, items: "Sequence[Item]", job: "Job") -> int:
    """Go on after what an interrupted run with these weights wrote, pictures included."""

    def accept(number: int, record: dict[str, Any]) -> bool:
        answered = record.get("status") in ("ok", "uncertain")
        same = record.get("model_sha256") == job.sha256
        return job.saved is None and same and (not answered or job.written(items[number]))

    done = records.resume([item.source.path for item in items], accept)
    if done:
        print(f"covidweb: {done:,} of {len(items):,} films were done before.", file=sys.stderr)
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


def _columns(compared: bool) -> list[str]:
    from covidweb.screening.result import ModelId, ScreeningResult

    columns = list(ScreeningResult("error", 0.0, ModelId("", "")).record(""))
    return columns + (["differences"] if compared else [])
