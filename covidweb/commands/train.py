"""`train`: fit a network on a data root and write its bundle."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Train a network and write its bundle.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="The data root, with manifest.csv.")]
Seed = Annotated[int, typer.Option(help="Of every random choice.")]
Distribute = Annotated[
    bool, typer.Option("--distribute", help="Share every batch among all GPUs of this machine.")
]


def command_line() -> str:
    """Return the command as typed, with paths cut to their last part for the card."""
    words = [Path(word).name if "/" in word else word for word in sys.argv[1:]]
    return " ".join(["python -m covidweb", *words])


def _in_place_of(output: Path) -> AbstractContextManager[Path]:
    """Return a folder to write to; the old bundle stays as it is until the new one is whole."""
    from covidweb.bundle import CARD
    from covidweb.files import replacing_folder

    return replacing_folder(output, CARD)


@contextmanager
def _devices(asked: bool) -> Iterator[None]:
    from covidweb.training.distribute import data_parallel

    with data_parallel(asked) as copies:
        if asked:
            typer.echo(f"Every batch is shared by {copies} device{'s' * (copies != 1)}.")
        yield


@app.command()
def seed(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder of the bundle.")] = Path("model/seed"),
    seed: Seed = 0,
    distribute: Distribute = False,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training films.")] = 16,
    films: Annotated[int, typer.Option(min=8, help="Films to draw, half of each class.")] = 3500,
) -> None:
    """The article's CNN: six layers, 3,500 films, 16 epochs."""
    from covidweb.training.seed.train import train_seed

    with _in_place_of(output) as folder, _devices(distribute):
        train_seed(
            data,
            folder,
            seed=seed,
            epochs=epochs,
            films=films,
            command=command_line(),
            log=typer.echo,
        )


@app.command()
def lungs(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder of the bundle.")] = Path("model/lungs"),
    seed: Seed = 0,
    distribute: Distribute = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the pairs.")] = None,
) -> None:
    """The lung network: a compact U-Net on pairs of film and mask."""
    from covidweb.training.lungs.train import train_lungs

    options: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    with _in_place_of(output) as folder, _devices(distribute):
        train_lungs(data, folder, seed=seed, command=command_line(), log=typer.echo, **options)


@app.command()
def upright(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder of the bundle.")] = Path("model/upright"),
    seed: Seed = 0,
    distribute: Distribute = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the pictures.")] = None,
) -> None:
    """The upright check: which way up a film lies, and whether it is one frontal film."""
    from covidweb.training.upright.train import train_upright

    options: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    with _in_place_of(output) as folder, _devices(distribute):
        train_upright(data, folder, seed=seed, command=command_line(), log=typer.echo, **options)


@app.command()
def classifier(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder of the bundle.")] = Path("model/default"),
    seed: Seed = 0,
    distribute: Distribute = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the lessons.")] = None,
    steady_epochs: Annotated[
        int | None,
        typer.Option(min=0, help="Passes afterwards that make its answers steady; 0 for none."),
    ] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option(help="Leave this source out; may be repeated.")
    ] = None,
) -> None:
    """The default classifier: disease learned within sources, COVID-19 read off it."""
    from covidweb.training.classifier.train import train_classifier

    options: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    with _in_place_of(output) as folder, _devices(distribute):
        train_classifier(
            data,
            folder,
            seed=seed,
            steady_epochs=steady_epochs,
            hold_out=tuple(hold_out or ()),
            command=command_line(),
            log=typer.echo,
            **options,
        )
