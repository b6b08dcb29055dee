"""What training really sees: a film, changed at random."""

import numpy as np
import pandas as pd
import streamlit as st

from covidweb.errors import CovidwebError
from covidweb.views.dataset.films import Films

_COUNT = 6
_DONORS = 3


def show(table: Films, row: pd.Series) -> None:
    """Offer a preview of a film's augmentation; drawn when asked for."""
    with st.expander("What training sees of it", icon=":material/shuffle:"):
        st.caption(
            "In training a film is cut to its lungs, turned, moved and zoomed a little; wires are "
            "drawn on it, its grey levels, light, sharpness, grain and compression are drawn at "
            "random, so that a network cannot tell hospitals by their equipment, and often all "
            "but the lungs is hidden. Never mirrored: a mirror would move the heart. Normal films "
            "get an inserted opacity half of the time."
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
    """Return a film as training sees it, uint8 (224, 224) each; None if it cannot be read.

    The films are made by the code that training runs, from the film, the lungs that the finder
    sees on it, and other films of the table as donors of grey levels.
    """
    from covidweb.training.classifier.preview import training_films

    rng = np.random.default_rng(draw)
    others = [int(i) for i in rng.integers(0, len(table.rows), _DONORS)]
    rows = pd.concat([row.to_frame().T, table.rows.iloc[others]], ignore_index=True)
    try:
        return training_films(table.root, rows, _COUNT, draw)
    except CovidwebError:
        return None
