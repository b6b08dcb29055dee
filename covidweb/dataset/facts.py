"""The project's own manifest of facts: where every film is, whose it is, and how it looks hashed.

It holds no picture and nothing cut from one; `data download` fetches the originals that it names.
"""

from pathlib import Path

import pandas as pd

from covidweb.errors import DataError

FACTS = Path(__file__).with_name("manifest.csv")
COLUMNS = (
    "image_id",
    "label",
    "set",
    "source",
    "group",
    "view",
    "repo",
    "commit",
    "repo_path",
    "sha256",
    "licence",
    "cluster",
    "phash",
    "contrast",
)

MEASURED = ("phash", "contrast")
"""Columns measured on the films; a manifest without them reads as not measured."""


def read_facts(path: Path | None = None) -> pd.DataFrame:
    """Return the manifest of facts: strings, missing as "", columns as in `COLUMNS`.

    Raises:
        DataError: it is missing or lacks columns.
    """
    path = path or FACTS
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(f"The manifest of facts cannot be read: {error}.") from error
    missing = [name for name in COLUMNS if name not in (*table.columns, *MEASURED)]
    if missing:
        raise DataError(f"The manifest of facts {path.name} lacks columns: {', '.join(missing)}.")
    return table.assign(**{name: "" for name in MEASURED if name not in table.columns})
