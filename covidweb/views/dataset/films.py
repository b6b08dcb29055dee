"""The manifest with splits and scores, read once per process and shared by all sessions."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import pandas as pd
import streamlit as st
from PIL import Image

from covidweb.bundle import Bundle, results
from covidweb.dataset import load_manifest, split_manifest
from covidweb.dataset.duplicates import KnownFilms
from covidweb.dataset.facts import read_facts
from covidweb.dataset.manifest import MANIFEST, SIMULATED
from covidweb.dataset.selection import with_scores
from covidweb.errors import DataError, ModelError
from covidweb.views import parts

THUMBNAIL = 192
LABELS = {"covid": "COVID-19", "not_cxr": "not a chest film"}
"""Words for the labels that are none."""


@dataclass(frozen=True, eq=False)
class Films:
    """The films of a data root; shared, so never to be changed.

    Attributes:
        root: the data root. rows: manifest rows with `split`, `score`, `outcome`, `contrast`.
        model: the bundle whose scores they are, None without. note: a problem to tell, or "".
    """

    root: Path
    rows: pd.DataFrame
    model: Bundle | None
    note: str


def load(root: Path) -> Films:
    """Return the films of a data root. Raises DataError when there is no usable manifest."""
    path = root / MANIFEST
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    bundle = _scored_bundle()
    scores = (bundle.path / "predictions.csv").stat().st_mtime_ns if bundle else 0
    return _load(str(root), changed, bundle.name if bundle else "", scores, bundle)


@st.cache_resource(show_spinner=False, max_entries=4)
def _load(root: str, changed: int, name: str, scores: int, _bundle: Bundle | None) -> Films:
    """Read and join; the first four arguments are the key."""
    rows, note = load_manifest(Path(root)), ""
    try:
        rows = rows.assign(split=split_manifest(rows).to_numpy())
    except DataError as error:
        rows, note = rows.assign(split="not split"), str(error)
    predictions = pd.DataFrame({"image_id": [], "score": []})
    threshold = 0.5
    if _bundle is not None:
        try:
            predictions = results.read_predictions(_bundle)
            threshold = _bundle.card.threshold
        except ModelError as error:
            note = note or str(error)
    facts = read_facts().set_index("image_id")["contrast"]
    contrast = pd.to_numeric(rows["image_id"].map(facts), errors="coerce")
    rows = with_scores(rows.assign(contrast=contrast), predictions, threshold)
    return Films(Path(root), rows, _bundle, note)


def _scored_bundle() -> Bundle | None:
    """Return the first bundle that has predictions."""
    for bundle in parts.bundles(parts.CLASSIFIERS):
        if (bundle.path / "predictions.csv").is_file():
            return bundle
    return None


@st.cache_data(max_entries=1500, show_spinner=False)
def thumbnail(path: str, changed: int) -> bytes | None:
    """Return a film as a small JPEG (about 8 kB), or None if it cannot be read."""
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (THUMBNAIL, THUMBNAIL))
            small = picture.convert("L")
            small.thumbnail((THUMBNAIL, THUMBNAIL))
    except (OSError, ValueError, SyntaxError):
        return None
    # One shape for all keeps the rows of the gallery straight.
    square = Image.new("L", (THUMBNAIL, THUMBNAIL))
    place = ((THUMBNAIL - small.width) // 2, (THUMBNAIL - small.height) // 2)
    square.paste(small, place)
    stream = BytesIO()
    square.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def small(root: Path, file: str) -> bytes | None:
    """Return the thumbnail of a film as it is now on the disk."""
    path = root / file
    try:
        return thumbnail(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=1)
def known() -> KnownFilms:
    """Return the hashes of the known films."""
    return KnownFilms.load()


def label_text(row: pd.Series) -> str:
    """Return the label for a caption, with "simulated" where the film is."""
    label = LABELS.get(row["label"], row["label"])
    return f"{label}, simulated" if row["source"] == SIMULATED else str(label)


def alt_text(row: pd.Series) -> str:
    """Return what a picture of a film shows, for those who do not see it."""
    kind = "Simulated chest film" if row["source"] == SIMULATED else "Film"
    return f"{kind} {row['image_id']}, labelled {row['label']}, from {row['source']}"
