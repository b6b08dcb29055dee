"""A ZIP of overlays with the table and the records."""

import io
import json
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from PIL import Image

from covidweb.report.item import ReportItem
from covidweb.report.overlay import colour_bar, overlay
from covidweb.report.record import result_record
from covidweb.report.table import results_csv

_UNSAFE = '<>:"/\\|?*'
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
_LONGEST = 200
"""Bytes of a name without its ending; file systems take 255."""


def overlays_zip(items: Sequence[ReportItem], opacity: float = 0.45) -> bytes:
    """Return a ZIP: `overlays/<name>.png` per film, `results.csv`, `records.json`, the colour bar.

    A second film of the same name gets `-2` and so on; names hold no folders. Each record says
    which overlay is its film's, under `overlay`. Each item is asked for once.
    """
    stream, taken = io.BytesIO(), set[str]()
    records, rows, scale = [], [], None
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in items:
            name = None
            if item.radiograph is not None:
                name = f"overlays/{_unused(item.name, taken)}.png"
                _write(archive, name, overlay(item.radiograph, item.result, opacity))
            if item.result.heatmap is not None:
                scale = item.result.heatmap_scale
            rows.append(replace(item, radiograph=None))
            records.append({**result_record(item), "overlay": name})
        if scale is not None:
            _write(archive, "colour_bar.png", colour_bar(scale))
        archive.writestr("results.csv", results_csv(rows))
        archive.writestr("records.json", json.dumps(records, indent=1, ensure_ascii=False))
    return stream.getvalue()


def _write(archive: zipfile.ZipFile, name: str, picture: Image.Image) -> None:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    archive.writestr(name, stream.getvalue(), zipfile.ZIP_STORED)


def _unused(name: str, taken: set[str]) -> str:
    """Return a stem that every file system takes and that no earlier film has."""
    stem = "".join("_" if letter in _UNSAFE else letter for letter in PurePosixPath(name).stem)
    stem = stem.encode()[:_LONGEST].decode(errors="ignore").strip(". ") or "film"
    stem = f"_{stem}" if stem.casefold() in _RESERVED else stem
    candidate, number = stem, 1
    while _key(candidate) in taken:
        number += 1
        candidate = f"{stem}-{number}"
    taken.add(_key(candidate))
    return candidate


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
