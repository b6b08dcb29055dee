"""`data`: fetch, import, check, count and simulate films."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(help="Fetch, import, check, count and simulate films.", no_args_is_help=True)

Root = Annotated[
    Path | None, typer.Option("--root", help="The data root; COVIDWEB_DATA, else data/.")
]
_SHOWN = 10


@app.command()
def download(
    sets: Annotated[
        list[str] | None, typer.Option("--sets", help="A set to fetch; may be repeated; all.")
    ] = None,
    root: Root = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="Where repositories are served.", envvar="COVIDWEB_DOWNLOAD_URL"),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Fetch at most so many films.")] = None,
    at_once: Annotated[int, typer.Option(min=1, max=32, help="Connections at a time.")] = 8,
) -> None:
    """Fetch the films from their public addresses; a second run fetches what is missing."""
    from covidweb.dataset.download import download as fetch

    place = _root(root)
    chosen = [name for value in sets or [] for name in value.split(",") if name]
    with _bar("Fetching films") as step:
        report = fetch(
            place, chosen, base_url=base_url, limit=limit, at_once=at_once, progress=step
        )
    for fault in report.faults[:_SHOWN]:
        typer.echo(f"{fault.image_id}: {fault.reason} {fault.address}", err=True)
    if len(report.faults) > _SHOWN:
        typer.echo(f"... {len(report.faults)} faults in all: see faults.csv", err=True)
    typer.echo(
        f"{report.fetched} films fetched, {report.present} already there, "
        f"{len(report.faults)} faults. Data root: {place}"
    )
    if report.faults:
        raise typer.Exit(1)


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Has covid/, normal/, ...")],
    root: Root = None,
    source: Annotated[str, typer.Option(help="Name of where the films are from.")] = "imported",
) -> None:
    """Take a folder of one's own into the data root."""
    from covidweb.dataset.importer import import_folder

    place = _root(root)
    with _bar("Importing films") as step:
        report = import_folder(folder, place, source=source, progress=step)
    for file, reason in report.faults.items():
        typer.echo(f"{file}: {reason}", err=True)
    if report.warning:
        typer.echo(f"Warning: {report.warning}", err=True)
    typer.echo(
        f"{report.taken} films taken, {report.known} already there, "
        f"{len(report.faults)} faults. Data root: {place}"
    )


@app.command()
def verify(
    root: Root = None,
    data: Annotated[Path | None, typer.Option("--data", help="The same as --root.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Name every film, not the first.")] = False,
) -> None:
    """Find missing, changed, duplicated and leaking films; exit status 1 if there are any."""
    from covidweb.dataset.checks import verify as check

    place = _root(root or data)
    problems = check(place)
    for problem in problems:
        typer.echo(f"{problem.title}: {len(problem.names)}")
        # What could not be checked needs its number, not its names.
        shown = () if problem.harmless else problem.names
        for name in shown if every else shown[:_SHOWN]:
            typer.echo(f"  {name}")
        if len(shown) > _SHOWN and not every:
            typer.echo(f"  ... {len(shown)} in all; --all names them")
    if any(not problem.harmless for problem in problems):
        raise typer.Exit(1)
    typer.echo(f"Nothing wrong was found in {place}.")


@app.command()
def stats(
    root: Root = None,
    data: Annotated[Path | None, typer.Option("--data", help="The same as --root.")] = None,
) -> None:
    """Print counts by label, source, set and split, views, ages, sizes and confounding."""
    from covidweb.dataset import load_manifest, split_manifest
    from covidweb.dataset import statistics as facts

    films = load_manifest(_root(root or data))
    films["split"] = split_manifest(films).to_numpy()
    typer.echo(f"{len(films):,} films of {films['group'].nunique():,} groups\n")
    for by in facts.DIMENSIONS:
        _table(f"Films by {by}", facts.counts(films, by))
    _table("Films by view and label", facts.counts(films, "view", "label"))
    _table("Films by age and label", facts.ages(films))
    typer.echo(f"{facts.age_note(films)}\n")
    _table("Sizes of the originals", facts.sizes(films))
    _table("Label by source, of the sets to learn from", facts.confounding(films).reset_index())
    typer.echo(facts.confounding_sentence(films))


@app.command()
def simulate(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.")],
    count: Annotated[int, typer.Option(min=1, help="How many films, half of them sick.")] = 20,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
) -> None:
    """Compute films of digital chests, with lung masks and opacities, as a data root."""
    from covidweb.simulate.writer import write_simulated

    with _bar("Computing films") as step:
        write_simulated(output, count, seed, step)
    typer.echo(f"{count} simulated films in {output}")


@app.command(hidden=True)
def facts(
    root: Root = None,
    output: Annotated[Path | None, typer.Option(help="Where to; the package's own.")] = None,
) -> None:
    """Write the project's manifest of facts from a data root."""
    from covidweb.dataset.facts import FACTS
    from covidweb.dataset.measure import make_facts

    table = make_facts(_root(root))
    table.to_csv(output or FACTS, index=False)
    typer.echo(f"{len(table):,} rows in {output or FACTS}")


def _root(given: Path | None) -> Path:
    from covidweb.dataset import data_root

    return given or data_root()


def _table(title: str, table: "pd.DataFrame") -> None:
    typer.echo(f"{title}\n{table.to_string(index=False)}\n")


@contextmanager
def _bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of the steps done and all steps that moves a bar on a terminal."""
    from tqdm import tqdm

    bar = tqdm(desc=description, disable=None, leave=False)

    def step(done: int, wanted: int) -> None:
        bar.total = wanted
        bar.update(done - bar.n)

    with bar:
        yield step
