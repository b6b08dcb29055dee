"""The records that `predict` writes: as they come, and going on where a killed run stopped."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from covidweb.errors import DataError

PARTIAL = ".part"
"""Added to the output's name while it is not complete."""


class Format(StrEnum):
    """How the records are written."""

    JSONL = "jsonl"
    CSV = "csv"


class Records:
    """Writes one record after the other to a file or to standard output.

    A file is complete once it has its name: until then its records stand in `<name>.part`, and a
    later run over the same files goes on after the last whole one.
    """

    def __init__(self, output: Path | None, format: Format, columns: Sequence[str]) -> None:
        """Open the output, so that a place that cannot be written is known before any work.

        Raises:
            DataError: the output cannot be written.
        """
        self._output, self._format, self._columns = output, format, list(columns)
        self._partial = output.with_name(output.name + PARTIAL) if output else None
        try:
            if output and output.is_dir():
                raise IsADirectoryError(None, "it is a folder")
            self._stream: IO[str] = (
                self._partial.open("a+", encoding="utf-8", newline="")
                if self._partial
                else sys.stdout
            )
        except OSError as error:
            raise DataError(
                f"The output cannot be written: {error.strerror or error}. Received: {output}"
            ) from error

    def resume(self, files: Sequence[str], accept: Callable[[int, dict[str, Any]], bool]) -> int:
        """Keep what an interrupted run wrote, up to the first record that does not hold.

        Args:
            files: the input, in order, as the records name it.
            accept: whether the record of the file at that place still holds, by its other facts.

        Returns:
            How many records are kept; the next one to be written follows them.
        """
        if not self._partial:
            self._begin([])
            return 0
        self._stream.seek(0)
        whole = self._parsed(self._stream.read())
        held = 0
        for (_, record), file in zip(whole, files, strict=False):
            if record.get("file") != self._shown(file) or not accept(held, record):
                break
            held += 1
        self._stream.seek(0)
        self._stream.truncate()
        self._begin([text for text, _ in whole[:held]])
        return held

    def write(self, record: dict[str, Any]) -> None:
        """Write one record and hand it to the system at once."""
        self._stream.write(self._text(record))
        self._stream.flush()

    def finish(self) -> None:
        """Give the complete file its name."""
        if self._partial and self._output:
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._partial.replace(self._output)

    def close(self) -> None:
        """Leave an incomplete file for a later run."""
        if self._partial and not self._stream.closed:
            self._stream.close()
            if not self._partial.stat().st_size:
                self._partial.unlink()

    def _begin(self, kept: list[str]) -> None:
        if self._format is Format.CSV:
            self._stream.write(_line(self._columns))
        self._stream.write("".join(kept))
        self._stream.flush()

    def _shown(self, file: str) -> Any:
        return file if self._format is Format.JSONL else _cell(file)

    def _text(self, record: dict[str, Any]) -> str:
        if self._format is Format.JSONL:
            return json.dumps(record) + "\n"
        return _line([_cell(record.get(column)) for column in self._columns])

    def _parsed(self, text: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the whole records of an interrupted run, each with its text."""
        lines = [line + "\n" for line in text.split("\n")[:-1]]
        if self._format is Format.CSV:
            lines = lines[1:] if lines[:1] == [_line(self._columns)] else []
        found = []
        for line in lines:
            try:
                record = json.loads(line) if self._format is Format.JSONL else self._row(line)
            except ValueError:
                break
            if not isinstance(record, dict):
                break
            found.append((line, record))
        return found

    def _row(self, line: str) -> dict[str, Any]:
        cells = next(csv.reader([line]), [])
        if len(cells) != len(self._columns):
            raise ValueError("not a whole line")
        return dict(zip(self._columns, cells, strict=True))


def _line(cells: Sequence[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    from covidweb.report.table import spreadsheet_safe

    if isinstance(value, dict | list):
        value = json.dumps(value)
    # One record is one line, so that an interrupted file can be gone on with.
    return spreadsheet_safe(" ".join(value.splitlines()) if isinstance(value, str) else value)
