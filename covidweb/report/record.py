"""A JSON record of one answer that can be run again and compared."""

from collections.abc import Mapping
from typing import Any

from covidweb import __version__
from covidweb.report.item import DISCLAIMER, ReportItem
from covidweb.screening.result import ScreeningResult

TOLERANCE = 1e-5


def result_record(item: ReportItem) -> dict[str, Any]:
    """Return the answer with the film's sha256 and the version; JSON types only."""
    return {
        "covidweb": __version__,
        "film_sha256": item.radiograph.sha256 if item.radiograph else None,
        "interval": list(item.interval) if item.interval else None,
        "note": DISCLAIMER,
        **item.result.record(item.name),
    }


def compare_record(
    record: Mapping[str, Any], result: ScreeningResult, film_sha256: str | None = None
) -> list[str]:
    """Return a sentence per difference between a record and a new answer; empty when they agree.

    Probabilities and shares may differ by `TOLERANCE`; times are not compared.
    """
    new = result.record(str(record.get("file", "")))
    differences = [
        f"{key}: the record has {record.get(key)!r}, now {new[key]!r}."
        for key in new
        if key != "elapsed_ms" and not _same(record.get(key), new[key])
    ]
    if film_sha256 is not None and film_sha256 != record.get("film_sha256"):
        differences.insert(0, "film_sha256: this is not the file of the record.")
    return differences


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, int | float) and isinstance(new, int | float):
        return abs(old - new) <= TOLERANCE
    return bool(old == new)
