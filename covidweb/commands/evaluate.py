"""`evaluate`: measure a bundle inside and outside, and write the figures into it."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    data: Annotated[Path, typer.Option(help="The data root, with manifest.csv.")],
    model: Annotated[str, typer.Option(help="Name of the bundle under model/.")] = "default",
    draws: Annotated[int, typer.Option(min=10, help="Bootstrap draws over groups.")] = 1000,
) -> None:
    """Score the test split and every set never learned from: evaluation.json, predictions.csv."""
    from covidweb.bundle.model_card import write_card
    from covidweb.exam.evaluate import evaluate_bundle

    write_card(evaluate_bundle(model, data, draws=draws, log=typer.echo))
