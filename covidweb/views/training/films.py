"""The dataset's films for the gallery, where they are on this machine."""

from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from covidweb.errors import CovidwebError


def paths() -> dict[str, str]:
    """Return image id to file of every film that is here; empty without the data."""
    from covidweb.dataset import data_root

    manifest = data_root() / "manifest.csv"
    if not manifest.is_file():
        return {}
    return _paths(str(manifest), manifest.stat().st_mtime)


@st.cache_data(max_entries=2, show_spinner=False)
def _paths(manifest: str, changed: float) -> dict[str, str]:
    from covidweb.dataset import film_path, load_manifest

    root = Path(manifest).parent
    try:
        rows = load_manifest(root)
    except CovidwebError:
        return {}
    return {str(row["image_id"]): str(film_path(root, row)) for row in rows.to_dict("records")}


def plain(path: str, model: str) -> Image.Image:
    """Return the film as it is. Raises ImageError."""
    from covidweb.radiograph import read_radiograph_file

    return Image.fromarray((read_radiograph_file(Path(path)).pixels * 255).astype(np.uint8))


@st.cache_data(max_entries=64, show_spinner="Drawing heatmaps")
def overlay(path: str, model: str) -> Image.Image:
    """Return the film under the heatmap of a model. Raises ImageError, ModelError."""
    from covidweb.radiograph import read_radiograph_file
    from covidweb.report import overlay as draw
    from covidweb.views.session import screener

    radiograph = read_radiograph_file(Path(path))
    return draw(radiograph, screener(model).screen(radiograph))
