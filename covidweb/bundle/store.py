"""Read and write bundles: `model/<name>/` with card, weights, history and evaluation.

A card names the sha256 of every weight file (`weights`) and of every result file (`files`).
Weights that do not match are refused; result files that do not match are shown with a warning.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from covidweb.bundle import card as cards
from covidweb.bundle import evaluation as evaluations
from covidweb.bundle.card import Card
from covidweb.bundle.evaluation import Evaluation, LungEvaluation, UprightEvaluation
from covidweb.bundle.typed import as_json, read_typed
from covidweb.errors import ModelError
from covidweb.files import file_sha256, write_json
from covidweb.place import home

if TYPE_CHECKING:
    import pandas as pd

CARD, HISTORY, EVALUATION, PREDICTIONS, FILMS = (
    "card.json",
    "history.csv",
    "evaluation.json",
    "predictions.csv",
    "films.csv",
)
WEIGHTS = "classifier.keras"
LITE = ".tflite"
"""Ending of the file that holds a network in LiteRT's form."""


def model_root() -> Path:
    """Return the folder of bundles: `COVIDWEB_MODELS`, else the project's own `model/`."""
    configured = os.environ.get("COVIDWEB_MODELS")
    return Path(configured) if configured else home() / "model"


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk with its card read; the other files are read when asked for."""

    path: Path
    card: Card

    @property
    def name(self) -> str:
        """The bundle's folder name."""
        return self.path.name

    @property
    def kind(self) -> cards.Kind:
        """`seed`, `classifier`, `lungs` or `upright`."""
        return self.card.kind

    @property
    def sha256(self) -> str:
        """The sha256 of the first weight file, from the card."""
        return next(iter(self.card.weights.values()))

    def weights(self, file: str | None = None) -> Path:
        """Return the path of a weight file after checking its hash.

        Raises:
            ModelError: the file is missing, or is not the one the card describes.
        """
        file = file or next(iter(self.card.weights))
        path, expected = self.path / file, self.card.weights.get(file)
        if not path.is_file():
            raise ModelError(f"The bundle '{self.name}' has no {file}. Received: {self.path}")
        found = file_sha256(path)
        if found != expected:
            raise ModelError(
                f"The weights {file} of the bundle '{self.name}' do not match its card: expected "
                f"sha256 {str(expected)[:12]}…, found {found[:12]}…. They are not used."
            )
        return path

    def lite(self) -> Path | None:
        """Return the path of the network in LiteRT's form, hash checked; None where there is none.

        Raises:
            ModelError: the file is missing, or is not the one the card describes.
        """
        file = next((name for name in self.card.weights if name.endswith(LITE)), None)
        return None if file is None else self.weights(file)

    def history(self) -> "pd.DataFrame":
        """Return `history.csv`: one row per epoch. Raises ModelError."""
        return self._table(HISTORY)

    def predictions(self) -> "pd.DataFrame":
        """Return `predictions.csv`: one row per evaluated film. Raises ModelError."""
        return self._table(PREDICTIONS)

    def films(self) -> dict[str, str]:
        """Return `films.csv`: image id to `learned` or `chosen with`. Raises ModelError."""
        table = self._table(FILMS)
        try:
            return dict(zip(table["image_id"].astype(str), table["part"].astype(str), strict=True))
        except KeyError as error:
            raise ModelError(f"{FILMS} of the bundle '{self.name}' lacks {error}.") from error

    def evaluation(self) -> Evaluation:
        """Return `evaluation.json` of a network that screens films. Raises ModelError."""
        return read_typed(self.path / EVALUATION, Evaluation, self.name, evaluations.VERSION)

    def lung_evaluation(self) -> LungEvaluation:
        """Return `evaluation.json` of a lung finder. Raises ModelError."""
        return read_typed(self.path / EVALUATION, LungEvaluation, self.name, evaluations.VERSION)

    def upright_evaluation(self) -> UprightEvaluation:
        """Return `evaluation.json` of an upright check. Raises ModelError."""
        return read_typed(self.path / EVALUATION, UprightEvaluation, self.name, evaluations.VERSION)

    def warnings(self) -> list[str]:
        """Return a sentence for every result file that is missing or not the card's."""
        found = []
        for file, expected in self.card.files.items():
            path = self.path / file
            if not path.is_file():
                found.append(f"{file} of the bundle '{self.name}' is missing.")
            elif file_sha256(path) != expected:
                found.append(
                    f"{file} of the bundle '{self.name}' no longer matches its card: it was "
                    "changed after the evaluation that wrote it."
                )
        return found

    def _table(self, file: str) -> "pd.DataFrame":
        path = self.path / file
        if not path.is_file():
            raise ModelError(f"The bundle '{self.name}' has no {file}.")
        # Screening needs no tables, and pandas takes a fifth of a second to import.
        import pandas as pd

        try:
            return pd.read_csv(path)
        except (ValueError, OSError) as error:
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
    if name not in list_bundles(root):
        known = ", ".join(list_bundles(root)) or "none"
        raise ModelError(f"There is no model '{name}'. Available: {known}.")
    return Bundle(root / name, _read_card(root / name))


def seal(path: Path, card: Card, weights: tuple[str, ...] = (WEIGHTS,)) -> Bundle:
    """Write the card with the hashes of the weights and of the result files that are there.

    Args:
        path: the bundle's folder.
        card: all but its `name`, `weights` and `files`, which are set here.
        weights: weight files, the main one first.
    """
    results = [f for f in (HISTORY, EVALUATION, PREDICTIONS, FILMS) if (path / f).is_file()]
    sealed = replace(
        card,
        version=cards.VERSION,
        name=path.name,
        weights={f: file_sha256(path / f) for f in weights},
        files={f: file_sha256(path / f) for f in results},
    )
    write_json(path / CARD, as_json(sealed))
    return Bundle(path, sealed)


def write_evaluation(
    bundle: Bundle, found: Evaluation | LungEvaluation | UprightEvaluation
) -> Bundle:
    """Write `evaluation.json` and seal the card over it and the other result files as they are."""
    write_json(bundle.path / EVALUATION, as_json(found))
    return seal(bundle.path, bundle.card, tuple(bundle.card.weights))


def _read_card(path: Path) -> Card:
    card = read_typed(path / CARD, Card, path.name, cards.VERSION)
    if not card.weights:
        raise ModelError(
            f"{CARD} of the bundle '{path.name}' cannot be used: the field 'weights' names no file."
        )
    return card


def _kind(path: Path) -> str | None:
    try:
        return _read_card(path).kind
    except ModelError:
        return None
