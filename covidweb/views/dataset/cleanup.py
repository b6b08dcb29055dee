"""Films to look at twice: near-identical, nearly blank, with a label in doubt."""

import numpy as np
import pandas as pd
import streamlit as st

from covidweb.dataset.duplicates import SAME, near_pairs
from covidweb.dataset.pictures import BLANK
from covidweb.dataset.selection import in_doubt
from covidweb.markdown import escape
from covidweb.views import parts
from covidweb.views.dataset import films, gallery
from covidweb.views.dataset.films import Films

_MOST = 24


def show(table: Films) -> None:
    """Draw the chosen kind of doubtful films."""
    kinds = {"Near-identical": _near, "Nearly blank": _blank, "Label in doubt": _doubt}
    kinds[parts.choose("Look for", list(kinds), "cleanup")](table)


def _near(table: Films) -> None:
    pairs = _pairs(table)
    st.markdown(
        "Films with nearly the same picture hash, or joined by a cluster of the manifest. They "
        "are kept in one split where a group or a cluster joins them; `data verify` also "
        "compares their fine structure and names those that nothing joins."
    )
    if pairs.empty:
        st.caption("None were found.")
        return
    st.caption(
        f"{len(pairs)} pairs, nearest first, chest films only; at most {_MOST // 2} are drawn."
    )
    rows = table.rows.set_index("image_id", drop=False)
    with st.container(horizontal=True, gap="large"):
        for number, pair in enumerate(pairs.head(_MOST // 2).itertuples()):
            both = rows.loc[[pair.first, pair.second]].assign(why=pair.why)
            with st.container(width=2 * gallery.WIDTH + 20):
                gallery.tiles(table, both, f"near-{number}")
    parts.show_table(pairs, "near-identical")


def _pairs(table: Films) -> pd.DataFrame:
    """Return pairs by hash and by cluster, with why they are one."""
    known = films.known()
    names = known.table["image_id"].to_numpy()
    here = set(table.rows["image_id"][table.rows["label"] != "not_cxr"])
    found = [
        (names[a], names[b], f"{bits} of 256 bits differ") for a, b, bits in _near_hashes().tolist()
    ]
    named = table.rows[table.rows["cluster"] != ""]
    shared = named[named["cluster"].duplicated(keep=False)]
    for cluster, members in shared.groupby("cluster")["image_id"].agg(list).items():
        first, *rest = members
        found += [(first, other, f"cluster {cluster}") for other in rest]
    pairs = pd.DataFrame(found, columns=["first", "second", "why"])
    pairs = pairs[pairs["first"].isin(here) & pairs["second"].isin(here)]
    return pairs.drop_duplicates(["first", "second"]).reset_index(drop=True)


@st.cache_resource(show_spinner="Comparing films")
def _near_hashes() -> np.ndarray:
    """Return pairs of known films by hash, nearest first, int (M, 3)."""
    pairs = near_pairs(films.known().hashes, SAME)
    return pairs[pairs[:, 2].argsort(kind="stable")]


def _blank(table: Films) -> None:
    rows = table.rows
    known = rows["contrast"].notna()
    flat = rows[rows["contrast"] < BLANK].sort_values("contrast")
    counts = flat["label"].value_counts()
    by_label = ", ".join(f"{n:,} {escape(label)}" for label, n in counts.items())
    st.markdown(
        f"Films whose grey levels span less than {BLANK} of 255 (5th to 95th percentile): "
        f"**{len(flat):,}**{f' ({by_label})' if by_label else ''} of {known.sum():,} measured."
    )
    gallery.tiles(table, flat.head(_MOST), "blank")


def _doubt(table: Films) -> None:
    st.markdown(
        "A COVID-19 label means that the patient had COVID-19, not that the film shows it: films "
        "that the model contradicts with confidence may be mislabelled, may show nothing, or the "
        "model may be wrong. Nothing was removed because of it."
    )
    if table.model is None:
        st.info("No model has been evaluated here yet.", icon=":material/info:")
        return
    found = in_doubt(table.rows)
    st.caption(
        f"{len(found):,} of {int(table.rows['score'].notna().sum()):,} films with a score of the "
        f"model '{escape(table.model.name)}'; the most contradicted first, at most {_MOST}."
    )
    gallery.tiles(table, found.head(_MOST), "doubt")
