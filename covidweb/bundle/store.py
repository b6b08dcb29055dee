"""Read and write bundles: `model/<name>/` with card, weights, history and evaluation.

A card names the sha256 of every weight file (`weights`) and of every result file (`files`).
Weights that do not match are refused; result files that do not match are shown with a warning.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from covidweb.errors import ModelError
from covidweb.files import file_sha256, write_json

CARD, HISTORY, EVALUATION, PREDICTIONS = (
    "card.json",
    "history.csv",
    "evaluation.json",
    "predictions.csv",
)
WEIGHTS = "classifier.keras"
_REQUIRED = ("name", "kind", "title", "input", "weights")


def model_root() -> Path:
    """Return the folder of bundles: `COVIDWEB_MODELS`, else `model/` beside the package."""
    configured = os.environ.get("COVIDWEB_MODELS")
    return Path(configured) if configured else Path(__file__).resolve().parents[2] / "model"


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk with its card read; the other files are read when asked for."""

    path: Path
    card: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The bundle's folder name."""
        return self.path.name

    @property
    def kind(self) -> str:
        """`seed`, `classifier` or `lungs`."""
        return str(self.card["kind"])

    @property
    def sha256(self) -> str:
        """The sha256 of the first weight file, from the card."""
        return str(next(iter(self.card["weights"].values())))

    def weights(self, file: str | None = None) -> Path:
        """Return the path of a weight file after checking its hash.

        Raises:
            ModelError: the file is missing, or is not the one the card describes.
        """
        file = file or next(iter(self.card["weights"]))
        path, expected = self.path / file, self.card["weights"].get(file)
        if not path.is_file():
            raise ModelError(f"The bundle '{self.name}' has no {file}. Received: {self.path}")
        found = file_sha256(path)
        if found != expected:
            raise ModelError(
                f"The weights {file} of the bundle '{self.name}' do not match its card: expected "
                f"sha256 {str(expected)[:12]}…, found {found[:12]}…. They are not used."
            )
        return path

    def history(self) -> pd.DataFrame:
        """Return `history.csv`: one row per epoch. Raises ModelError."""
        return self._table(HISTORY)

    def predictions(self) -> pd.DataFrame:
        """Return `predictions.csv`: one row per evaluated film. Raises ModelError."""
        return self._table(PREDICTIONS)

    def evaluation(self) -> dict[str, Any]:
        """Return `evaluation.json`. Raises ModelError."""
        return _read_json(self.path / EVALUATION, self.name)

    def warnings(self) -> list[str]:
        """Return a sentence for every result file that is missing or not the card's."""
        found = []
        for file, expected in self.card.get("files", {}).items():
            path = self.path / file
            if not path.is_file():
                found.append(f"{file} of the bundle '{self.name}' is missing.")
            elif file_sha256(path) != expected:
                found.append(
                    f"{file} of the bundle '{self.name}' no longer matches its card: it was "
                    "changed after the evaluation that wrote it."
                )
        return found

    def _table(self, file: str) -> pd.DataFrame:
        path = self.path / file
        if not path.is_file():
            raise ModelError(f"The bundle '{self.name}' has no {file}.")
        try:
            return pd.read_csv(path)
        except (ValueError, UnicodeDecodeError) as error:
            raise ModelError(
                f"{file} of the bundle '{self.name}' cannot be read: {error}"
            ) from error


def list_bundles(root: Path | None = None, kinds: tuple[str, ...] | None = None) -> list[str]:
    """Return the names of the folders with a card, `default` first, then by name.

    With `kinds`, only bundles whose readable card is of one of them.
    """
    root = root or model_root()
    names = sorted(p.parent.name for p in root.glob(f"*/{CARD}"))
    names.sort(key=lambda name: name != "default")
    if kinds is None:
        return names
    return [name for name in names if _kind(root / name) in kinds]


def read_bundle(name: str, root: Path | None = None) -> Bundle:
    """Read a bundle's card.

    Raises:
        ModelError: no such bundle, or its card is broken or incomplete.
    """
    root = root or model_root()
    path = root / name
    if name not in list_bundles(root):
        known = ", ".join(list_bundles(root)) or "none"
        raise ModelError(f"There is no model '{name}'. Available: {known}.")
    card = _read_json(path / CARD, name)
    missing = [key for key in _REQUIRED if key not in card]
    if missing or not card["weights"]:
        raise ModelError(f"The card of '{name}' lacks: {', '.join(missing) or 'weights'}.")
    return Bundle(path, card)


def seal(path: Path, card: Mapping[str, Any], weights: tuple[str, ...] = (WEIGHTS,)) -> Bundle:
    """Write the card with the hashes of the weights and of the result files that are there.

    Args:
        path: the bundle's folder.
        card: the card's other sections.
        weights: weight files, the main one first.
    """
    results = [f for f in (HISTORY, EVALUATION, PREDICTIONS) if (path / f).is_file()]
    sealed = {
        **card,
        "name": path.name,
        "weights": {f: file_sha256(path / f) for f in weights},
        "files": {f: file_sha256(path / f) for f in results},
    }
    write_json(path / CARD, sealed)
    return Bundle(path, sealed)


def _kind(path: Path) -> str | None:
    try:
        return _read_json(path / CARD, path.name).get("kind")
    except ModelError:
        return None


def _read_json(path: Path, name: str) -> dict[str, Any]:
    if not path.is_file():
        raise ModelError(f"The bundle '{name}' has no {path.name}.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path.name} of the bundle '{name}' is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path.name} of the bundle '{name}' is not an object.")
    return values
