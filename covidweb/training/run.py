"""The files of a run, `runs/<name>/`: history, checkpoint and state, each written in one step.

`history.csv` grows by one row per epoch. The checkpoint holds the optimizer's state too, and
`run.json` says which run it belongs to, so that a killed run goes on where it was.
"""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from covidweb.bundle import HISTORY
from covidweb.files import replacing, write_json, write_text

if TYPE_CHECKING:
    import keras


def run_folder(name: str) -> Path:
    """Return the folder of a run: under `COVIDWEB_RUNS`, else `runs/`."""
    return Path(os.environ.get("COVIDWEB_RUNS") or "runs") / name


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
