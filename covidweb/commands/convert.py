"""`convert`: write a bundle's network in the form that answers without TensorFlow."""

from typing import Annotated

import typer


def convert(
    model: Annotated[str, typer.Option(help="Name of the bundle under model/.")] = "default",
) -> None:
    """Write a trained network in LiteRT's form too, for CPUs; `train` has done so already."""
    from covidweb.training.lite import convert_bundle

    bundle = convert_bundle(model)
    typer.echo(f"{bundle.name}: {', '.join(bundle.card.weights)}")
