"""Getting films: by download, or from a folder; and what is shown while there are none."""

from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image

from covidweb.dataset import data_root
from covidweb.dataset.download import DownloadReport, base_address, download
from covidweb.dataset.facts import read_facts
from covidweb.dataset.statistics import counts
from covidweb.errors import EXPECTED, sentence
from covidweb.markdown import escape
from covidweb.screening.words import films_words
from covidweb.sets import SETS
from covidweb.views import parts
from covidweb.views.dataset import detail

_SHOWN = 10


def show_without_data(reason: str) -> None:
    """Say that there are no films here, offer both ways on, and show simulated ones."""
    parts.problem(f"There are no films on this machine yet. {escape(reason)}")
    show()
    _simulated()


def show() -> None:
    """Offer the download and the import."""
    root = data_root()
    st.caption(f"The data root is {escape(root.resolve())} (set COVIDWEB_DATA for another).")
    fetch, own = st.columns(2, gap="large")
    with fetch:
        st.header("Fetch the films")
        _fetch()
    with own:
        st.header("Use your own")
        st.markdown(
            "A folder with one subfolder per class, as in `my_films/covid` and `my_films/normal`:"
        )
        st.code("python -m covidweb data import my_films", language=None)
        st.caption(
            "Films of one person must stay on one side of the split. File names such as "
            "“patient12_2.png”, or a subfolder per person, say whose a film is; where they do "
            "not, the import warns."
        )


def _fetch() -> None:
    facts = read_facts()
    st.markdown(
        f"{len(facts):,} originals from {facts['repo'].nunique()} public repositories, each "
        "checked against its sha256 and stored small. Many state no licence: they are for you, "
        "not for passing on."
    )
    sizes = counts(facts, "set").set_index("set")["films"]
    sets = st.multiselect(
        "Sets",
        SETS,
        key="fetch_sets",
        placeholder="All",
        format_func=lambda name: f"{name} ({sizes.get(name, 0):,})",
    )
    limit = st.number_input(
        "At most so many films", 1, len(facts), min(300, len(facts)), key="fetch_limit", width=220
    )
    if st.button("Download", icon=":material/download:", key="fetch"):
        _run(sets, int(limit))
    st.caption(f"From {escape(base_address())}. In a terminal:")
    st.code("python -m covidweb data download", language=None)


def _run(sets: list[str], limit: int) -> None:
    """Download with a bar; leaving the page stops it and keeps what has arrived."""
    bar = st.progress(0.0, "Fetching films")

    def step(done: int, wanted: int) -> None:
        bar.progress(done / max(wanted, 1), f"{done:,} of {films_words(wanted)}")

    try:
        report = download(data_root(), sets, limit=limit, progress=step)
    except EXPECTED as error:
        parts.problem(escape(sentence(error)))
        return
    bar.empty()
    _tell(report)


def _tell(report: DownloadReport) -> None:
    st.success(
        f"{films_words(report.fetched)} fetched, {report.present:,} already here.",
        icon=":material/check:",
    )
    if report.faults:
        parts.problem(
            f"{films_words(len(report.faults))} did not arrive; another download asks for what is "
            "missing only."
        )
        for fault in report.faults[:_SHOWN]:
            st.caption(escape(f"{fault.image_id}: {fault.reason}"))
    st.button("Show the films", icon=":material/photo_library:", key="fetch_done")


def _simulated() -> None:
    """Show simulated films; computed last, since the first take seconds."""
    st.header("Simulated films")
    st.caption(
        "Computed from digital chests, marked as simulated, nobody's radiographs. Every second "
        "one carries opacities, as COVID-19 pneumonia does."
    )
    with st.spinner("Computing simulated films"):
        from covidweb.simulate import sample_films

        films = sample_films()
    with st.container(horizontal=True):
        for number, film in enumerate(films, 1):
            with st.container(width=220):
                pixels = np.round(film.pixels * 255).astype(np.uint8)
                label = "with opacities" if film.covid else "without opacities"
                st.image(pixels, width=220, alt=f"Simulated chest film {number}, {label}")
                st.caption(f"Simulated, {label}, {film.view}")
                if st.button("Screen this film", key=f"screen-simulated-{number}"):
                    detail.send(f"simulated-{number}.png", _png(pixels), film.label)


def _png(pixels: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
