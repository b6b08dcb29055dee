"""A ZIP of overlays with the table and the records."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from covidweb.report.item import ReportItem
from covidweb.report.overlay import overlay
from covidweb.report.record import result_record
from covidweb.report.table import results_csv

_UNSAFE = '<>:"/\\|?*'


def overlays_zip(items: Sequence[ReportItem], opacity: float = 0.45) -> bytes:
    """Return a ZIP: `overlays/<name>.png` per film, `results.csv`, `records.json`.

    A second film of the same name gets `-2` and so on; names hold no folders.
    """
    stream, taken = io.BytesIO(), set[str]()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("results.csv", results_csv(items))
        records = [result_record(item) for item in items]
        archive.writestr("records.json", json.dumps(records, indent=1, ensure_ascii=False))
        for item in items:
            if item.radiograph is not None:
                picture = io.BytesIO()
                overlay(item.radiograph, item.result, opacity).save(picture, "PNG")
                archive.writestr(f"overlays/{_unused(item.name, taken)}.png", picture.getvalue())
    return stream.getvalue()


def _unused(name: str, taken: set[str]) -> str:
    stem = PurePosixPath(name).stem.strip(". ")[:120]
    stem = "".join("_" if letter in _UNSAFE else letter for letter in stem) or "film"
    candidate, number = stem, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}"
    taken.add(candidate.casefold())
    return candidate
