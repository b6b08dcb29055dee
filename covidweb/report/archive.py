"""A ZIP of overlays with the table and the records."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from covidweb.radiograph import Stems
from covidweb.report.item import ReportItem
from covidweb.report.overlay import colour_bar, overlay
from covidweb.report.record import result_record
from covidweb.report.table import results_csv


def overlays_zip(items: Sequence[ReportItem], opacity: float = 0.45) -> bytes:
    """Return a ZIP: `overlays/<name>.png` per film, `results.csv`, `records.json`, the colour bar.

    A second film of the same name gets `-2` and so on; names hold no folders. Each record says
    which overlay is its film's, under `overlay`. Each item is asked for once.
    """
    stream, stem = io.BytesIO(), Stems()
    records, rows, mapped = [], [], False
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in items:
            name = None
            if item.radiograph is not None:
                name = f"overlays/{stem(item.name)}.png"
                _write(archive, name, overlay(item.radiograph, item.result, opacity))
            mapped = mapped or item.result.heatmap is not None
            rows.append(replace(item, radiograph=None))
            records.append({**result_record(item), "overlay": name})
        if mapped:
            _write(archive, "colour_bar.png", colour_bar())
        archive.writestr("results.csv", results_csv(rows))
        archive.writestr("records.json", json.dumps(records, indent=1, ensure_ascii=False))
    return stream.getvalue()


def _write(archive: zipfile.ZipFile, name: str, picture: Image.Image) -> None:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    archive.writestr(name, stream.getvalue(), zipfile.ZIP_STORED)
