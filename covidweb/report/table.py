"""Results as CSV with fixed columns, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from covidweb.report.item import ReportItem
from covidweb.screening.result import ZONES

COLUMNS = (
    "file",
    "status",
    "verdict",
    "probability",
    "probability_low",
    "probability_high",
    "threshold",
    "reason",
    "lung_share",
    "lung_ratio",
    *ZONES,
    "model",
    "model_sha256",
)

# Spreadsheets in East Asian locales take the wide forms too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def results_csv(items: Sequence[ReportItem]) -> str:
    """Return one line per film under `COLUMNS`; unknown values are empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for item in items:
        writer.writerow({key: spreadsheet_safe(value) for key, value in _row(item).items()})
    return stream.getvalue()


def _row(item: ReportItem) -> dict[str, Any]:
    record = item.result.record(item.name)
    low, high = item.interval or (None, None)
    zones = {zone: item.result.regions.get(zone) for zone in ZONES}
    return {**record, **zones, "probability_low": low, "probability_high": high}


def spreadsheet_safe(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        return "'" + value
    return value
