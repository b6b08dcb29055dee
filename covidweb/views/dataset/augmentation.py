"""What training really sees: a film, changed at random."""

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from covidweb.dataset.store import read_stored
from covidweb.views.dataset.films import Films

_SIDE = 224
_COUNT = 6
_WHOLE = np.array([0.05, 0.05, 0.95, 0.95], np.float32)


def show(table: Films, row: pd.Series) -> None:
    """Offer a preview of a film's augmentation; drawn when asked for."""
    with st.expander("What training sees of it", icon=":material/shuffle:"):
        st.caption(
            "In training a film is turned, moved and zoomed a little, and its grey levels, light, "
            "sharpness, grain and compression are drawn at random, so that a network cannot "
            "tell hospitals by their equipment. Never mirrored: a mirror would move the heart. "
            "Here the whole film is shown; training sees the part around the lungs, and half "
            "of its films with an inserted opacity."
        )
        if not st.toggle("Show examples", key="augment"):
            return
        draw = int(st.number_input("Draw", 0, 999, 0, key="augment_draw", width=160))
        pictures = preview(table, row, draw)
        if pictures is None:
            st.caption("The film cannot be read.")
            return
        with st.container(horizontal=True):
            for number, picture in enumerate(pictures, 1):
                st.image(picture, width=160, alt=f"Augmented view {number} of {row['image_id']}")


def preview(table: Films, row: pd.Series, draw: int) -> list[np.ndarray] | None:
    """Return augmented views of a film, uint8 (224, 224) each; None if it cannot be read."""
    from covidweb.training.classifier.augment import Strength, placed, restyled

    pixels = read_stored(table.root / row["file"])
    if pixels is None:
        return None
    crop, how = _layers(pixels), Strength()
    rng = np.random.default_rng(draw)
    views = []
    for file in table.rows["file"].iloc[rng.integers(0, len(table.rows), _COUNT)]:
        other = read_stored(table.root / file)
        donor = crop if other is None else _layers(other)
        view = restyled(placed(crop, _WHOLE, _SIDE, rng, how), donor, rng, how)
        views.append(np.round(view[..., 0] * 255).astype(np.uint8))
    return views


def _layers(pixels: np.ndarray) -> np.ndarray:
    """Return grey and an empty lung mask, uint8 (224, 224, 2)."""
    grey = Image.fromarray(np.round(pixels * 255).astype(np.uint8)).resize((_SIDE, _SIDE))
    return np.stack([np.asarray(grey), np.zeros((_SIDE, _SIDE), np.uint8)], -1)
