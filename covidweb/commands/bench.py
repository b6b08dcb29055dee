"""`python -m covidweb bench`: speed figures, with their targets."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from covidweb.exam.bench import Figure


def bench(
    model: Annotated[str, typer.Option(help="Name of a bundle under model/.")] = "default",
    films: Annotated[int, typer.Option(min=2, help="Films screened in a row.")] = 500,
    fresh: Annotated[
        bool, typer.Option(help="Also measure starts, the whole command and the server.")
    ] = True,
    output: Annotated[Path | None, typer.Option(help="Also write the figures as JSON.")] = None,
) -> None:
    """Measure speed beside the reference implementations, as ratios in one run."""
    from covidweb.exam.bench import as_records, measure

    figures = []
    for figure in measure(model, films, fresh):
        figures.append(figure)
        typer.echo(_line(figure))
    missed = sum(figure.met is False for figure in figures)
    targets = sum(figure.met is not None for figure in figures)
    typer.echo(f"{targets - missed} of {targets} targets met.")
    if output:
        output.write_text(json.dumps(as_records(figures), indent=1) + "\n", encoding="utf-8")


def _line(figure: "Figure") -> str:
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    name = f"{figure.name}, against {figure.baseline}" if figure.baseline else figure.name
    value = f"{figure.value:9.2f} {figure.unit:2}"
    return f"{name:100} {value}  {figure.target:8} {verdict}".rstrip()
