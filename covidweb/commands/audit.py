"""`audit`: ask whether a bundle reads lungs or hospitals, and write the answer into it."""

from pathlib import Path
from typing import Annotated

import typer


def audit(
    data: Annotated[Path, typer.Option(help="The data root, with manifest.csv.")],
    model: Annotated[str, typer.Option(help="Name of the bundle under model/.")] = "default",
    films: Annotated[int, typer.Option(min=16, help="Films of each class in each check.")] = 150,
) -> None:
    """Run the shortcut, robustness and explanation checks into evaluation.json."""
    from covidweb.bundle.model_card import write_card
    from covidweb.exam.audit import audit_bundle

    write_card(audit_bundle(model, data, films=films, log=typer.echo))
