"""The files of a run, `runs/<name>/`: history, checkpoint and state, each written in one step.

`history.csv` grows by one row per epoch. The checkpoint holds the optimizer's state too, and
`run.json` says which run it belongs to, so that a killed run goes on where it was.
"""

import csv
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from covidweb.bundle import HISTORY
from covidweb.files import replacing, write_json, write_text

if TYPE_CHECKING:
    import keras


def run_folder(name: str) -> Path:
    """Return the folder of a run: under `COVIDWEB_RUNS`, else `runs/`."""
    return Path(os.environ.get("COVIDWEB_RUNS") or "runs") / name


def epoch_line(epoch: int, row: Mapping[str, float]) -> str:
    """Return an epoch's figures on one line, for the terminal."""
    said = ", ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "seconds")
    return f"epoch {epoch}: {said}, {row['seconds']:.0f} s"


def save_network(model: "keras.Model", path: Path) -> None:
    """Write a network in one step."""
    with replacing(path) as beside:
        model.save(beside)


class Run:
    """The files of a run.

    Attributes:
        rows: of the history, one per finished epoch.
    """

    def __init__(self, folder: Path, columns: Sequence[str], facts: Mapping[str, Any]) -> None:
        """Open a run.

        Args:
            folder: made when missing.
            columns: of the history.
            facts: what makes two runs the same; as JSON.
        """
        self.rows: list[dict[str, float]] = []
        self._state = folder / "run.json"
        self._weights = folder / "checkpoint.weights.h5"
        self._history = folder / HISTORY
        self._columns = columns
        self._facts = json.loads(json.dumps(facts))

    def resume(self, training: "keras.Model") -> int:
        """Load the checkpoint of the same run, and return how many epochs it has done."""
        state = self._known()
        if state is not None and self._weights.is_file():
            training.optimizer.build(training.trainable_variables)
            training.load_weights(self._weights)
            self.rows = state["rows"]
        self._write_history()
        return len(self.rows)

    def save(self, training: "keras.Model", epoch: int, row: dict[str, float]) -> None:
        """Keep an epoch: weights first, then the state that names them."""
        self.rows = [*self.rows[:epoch], row]
        with replacing(self._weights) as beside:
            training.save_weights(beside)
        write_json(self._state, {"facts": self._facts, "rows": self.rows})
        self._write_history()

    def callbacks(
        self,
        training: "keras.Model",
        rate: Callable[[int], float],
        log: Callable[[str], None],
    ) -> "list[keras.callbacks.Callback]":
        """Return what keeps every epoch of `training.fit` and stops it where the loss is NaN.

        Args:
            training: the compiled model.
            rate: the learning rate after so many epochs.
            log: receives one line per epoch.
        """
        import keras

        start = time.monotonic()

        def keep(epoch: int, logs: Mapping[str, float]) -> None:
            nonlocal start
            now = time.monotonic()
            row = {**logs, "learning_rate": rate(epoch + 1), "seconds": now - start}
            start = now
            self.save(training, epoch, {"epoch": epoch + 1, **row})
            log(epoch_line(epoch + 1, row))

        return [
            keras.callbacks.LambdaCallback(on_epoch_end=keep),
            keras.callbacks.TerminateOnNaN(),
        ]

    def copy_history(self, output: Path) -> None:
        """Put the history into a bundle's folder."""
        with replacing(output / HISTORY) as beside:
            shutil.copyfile(self._history, beside)

    def _known(self) -> dict[str, Any] | None:
        """Return the state of the same run; None when there is none, or it cannot be read."""
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        same = isinstance(state, dict) and state.get("facts") == self._facts
        return state if same and isinstance(state.get("rows"), list) else None

    def _write_history(self) -> None:
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, self._columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self._history, stream.getvalue())
