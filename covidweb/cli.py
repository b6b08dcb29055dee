"""The command line: each subcommand lives in `covidweb/commands/` and imports what it needs."""

import os
import sys

import typer

from covidweb.commands import bench, data, predict, serve, train
from covidweb.commands.audit import audit
from covidweb.commands.convert import convert
from covidweb.commands.evaluate import evaluate
from covidweb.errors import EXPECTED, sentence

app = typer.Typer(
    name="covidweb",
    help="Screen chest radiographs for COVID-19. Research software, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(predict.predict)
app.add_typer(train.app, name="train")
app.command()(evaluate)
app.command()(audit)
app.command()(convert)
app.add_typer(data.app, name="data")
app.command()(bench.bench)
app.command()(serve.serve)


def main() -> None:
    """Run the command line; expected errors become one line and exit status 1."""
    # TensorFlow's start-up chatter would drown the records; a user's own setting wins.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except EXPECTED as error:
        print(f"covidweb: {sentence(error)}", file=sys.stderr)
        sys.exit(1)
