"""One film large, with all that is known about it."""

from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from covidweb.dataset import film_path
from covidweb.dataset.download import address
from covidweb.dataset.manifest import SIMULATED
from covidweb.dataset.pictures import neighbours
from covidweb.errors import EXPECTED, sentence
from covidweb.markdown import escape
from covidweb.radiograph import read_radiograph_file
from covidweb.views import parts, session
from covidweb.views.dataset import augmentation, films, gallery
from covidweb.views.dataset.films import Films
from covidweb.views.whole import whole

_FACTS = (
    ("label", "Label"),
    ("set", "Set"),
    ("split", "Split"),
    ("source", "Source"),
    ("group", "Group"),
    ("cluster", "Cluster"),
    ("view", "View"),
    ("sex", "Sex"),
    ("note", "Note"),
    ("licence", "Licence"),
)


def open_film(table: Films) -> bool:
    """Draw the film that the page's address names; False when it names none."""
    name = st.query_params.get("film", "")
    if not name:
        return False
    st.button("Back to the films", icon=":material/arrow_back:", on_click=_close)
    found = table.rows[table.rows["image_id"] == name]
    if found.empty:
        parts.problem("There is no film of this name in the manifest here.")
        return True
    row = found.iloc[0]
    st.header(f"Film {escape(name)}")
    if row["source"] == SIMULATED:
        st.info("This film is simulated: computed from a digital chest, nobody's radiograph.")
    picture, facts = st.columns([3, 2], gap="large")
    with picture:
        _picture(table, row)
    with facts:
        _facts(table, row)
        _actions(table, row)
    _belonging(table, row)
    augmentation.show(table, row)
    return True


def _picture(table: Films, row: pd.Series) -> None:
    """Draw the film; its heatmap and lung outline once the model is asked."""
    path = film_path(table.root, row)
    if not path.is_file():
        parts.problem("The film itself is not on this machine. 'data download' fetches it.")
        return
    slot = st.empty()
    slot.image(str(path), width="stretch", alt=films.alt_text(row))
    if st.toggle("Ask the model: prediction, heatmap, lung outline", key=f"ask-{row['image_id']}"):
        opacity = st.slider("Opacity of the heatmap", 0.0, 1.0, 0.45, 0.05, key="film_opacity")
        outline = st.checkbox("Lung outline", True, key="film_outline")
        _prediction(path, row, slot, opacity, outline)


def _prediction(
    path: Path,
    row: pd.Series,
    slot: DeltaGenerator,
    opacity: float,
    outline: bool,
) -> None:
    from covidweb.report import overlay

    name = session.model_choice()
    if name is None:
        return
    try:
        radiograph = read_radiograph_file(path)
        result = session.screener(name).screen(radiograph)
    except EXPECTED as error:
        parts.problem(escape(sentence(error)))
        return
    picture = overlay(radiograph, result, opacity, outline)
    slot.image(picture, width="stretch", alt=f"{films.alt_text(row)}, with heatmap")
    probability = "" if result.probability is None else f", probability {result.probability:.2f}"
    reason = f" {escape(result.reason)}" if result.reason else ""
    st.markdown(f"**{result.verdict or result.status}**{probability}.{reason}")


def _facts(table: Films, row: pd.Series) -> None:
    empty = {"licence": "not stated", "note": "none", "cluster": "none"}
    lines = [(title, row[column] or empty.get(column, "not known")) for column, title in _FACTS]
    lines.append(("Age", "not known" if pd.isna(row["age"]) else f"{row['age']:g}"))
    size = f"{row['width']} × {row['height']}" if row["width"] else "not known"
    lines.append(("Size of the original", size))
    if not pd.isna(row["contrast"]):
        lines.append(("Contrast", f"{row['contrast']:.0f} of 255"))
    if table.model is not None:
        score = (
            "not evaluated" if pd.isna(row["score"]) else f"{row['score']:.3f}, {row['outcome']}"
        )
        lines.append((f"Score of the model '{table.model.name}'", score))
    facts = pd.DataFrame(lines, columns=["Fact", "Value"]).map(escape)
    st.table(facts.set_index("Fact"))
    if row["repo"]:
        st.caption(f"[The original]({address(row)}), sha256 {escape(row['sha256'][:16])}…")


def _actions(table: Films, row: pd.Series) -> None:
    path = film_path(table.root, row)
    if st.button(
        "Screen this film",
        icon=":material/radiology:",
        disabled=not path.is_file(),
        key="screen-this",
    ):
        send(path.name, path.read_bytes(), str(row["label"]))


def send(name: str, data: bytes, truth: str) -> None:
    """Carry a film to the Screen page, with its label."""
    st.session_state["screen_film"] = {"name": name, "bytes": data, "truth": truth}
    st.switch_page("pages/screen.py")


def _belonging(table: Films, row: pd.Series) -> None:
    """Draw the films that belong to this one."""
    st.header("Films that belong to it")
    found = neighbours(table.root, table.rows, str(row["image_id"]), films.known())
    if found.empty:
        st.caption("None: no other film is of its group or looks the same.")
        return
    st.caption("They are all in one split, unless only their looks tell that they belong together.")
    gallery.tiles(table, found, "belonging")


@whole
def _close() -> None:
    st.query_params.pop("film", None)
