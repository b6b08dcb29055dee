"""Taking films in: files, a ZIP, a folder, a simulated film, or one sent from another page."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from covidweb.markdown import escape
from covidweb.radiograph import ACCEPTED, Limits, Listing, Source, base_name, list_upload
from covidweb.views.screen.worklist import GENERATION, Worklist, clear

HANDED_OVER = "screen_film"
"""Another page puts `{"name": str, "bytes": bytes, "truth": str?}` here to have it screened."""

_FILES, _FOLDER = "Files or a ZIP", "A folder"
_SEEN, _SAMPLE = "screen_seen", "screen_sample"


def take_in(worklist: Worklist) -> None:
    """Draw the uploader and queue what is new in it, in a handover, or asked for as a sample."""
    _handed_over(worklist)
    kind = st.segmented_control(
        "What to upload",
        [_FILES, _FOLDER],
        default=_FILES,
        required=True,
        key="screen_kind",
        label_visibility="collapsed",
    )
    folder = kind == _FOLDER
    uploads = st.file_uploader(
        "A folder of chest films" if folder else "Chest films",
        accept_multiple_files="directory" if folder else True,
        key=f"screen_{'folder' if folder else 'files'}_{st.session_state.get(GENERATION, 0)}",
        help=(
            f"{ACCEPTED}, up to {Limits().file_mib} MiB each, by whatever name, alone or in a "
            "ZIP. Films stay in this server's memory and are gone when you close the page."
        ),
    )
    _queue(worklist, uploads or [], chosen=not folder)
    _buttons(worklist)


def sample(index: int) -> tuple[str, bytes]:
    """Return the name and PNG bytes of a simulated film: nobody's radiograph."""
    from covidweb.simulate import sample_films

    films = sample_films()
    film = films[index % len(films)]
    stream = io.BytesIO()
    Image.fromarray(np.round(film.pixels * 255).astype(np.uint8)).save(stream, "PNG")
    return f"simulated-{index % len(films) + 1}.png", stream.getvalue()


def _queue(worklist: Worklist, uploads: list[Any], chosen: bool) -> None:
    seen: set[str] = st.session_state.setdefault(_SEEN, set())
    found = Listing()
    for upload in uploads:
        if upload.file_id not in seen:
            seen.add(upload.file_id)
            found += list_upload(upload.name, upload.getvalue(), chosen)
    worklist.add(found.sources)
    if found.left_out:
        worklist.notes.append(found.note())


def _handed_over(worklist: Worklist) -> None:
    film: Mapping[str, Any] | None = st.session_state.pop(HANDED_OVER, None)
    if film:
        data, truth = film["bytes"], film.get("truth") or film.get("label") or ""
        worklist.add([Source(base_name(film["name"]), lambda: data)], "dataset", truth)


def _buttons(worklist: Worklist) -> None:
    with st.container(horizontal=True):
        if st.button(
            "Try a simulated film",
            icon=":material/experiment:",
            help="Computed from a digital chest, nobody's radiograph; each click gives another.",
        ):
            index = st.session_state.get(_SAMPLE, 0)
            st.session_state[_SAMPLE] = index + 1
            with st.spinner("Computing a chest…"):
                name, data = sample(index)
            worklist.add([Source(name, lambda: data)], "simulated")
        if worklist.films or worklist.notes:
            st.button(
                "Clear the list",
                icon=":material/delete_sweep:",
                help="Forget every film, result and answer of this session.",
                on_click=clear,
            )
    for note in worklist.notes:
        st.caption(f":material/info: {escape(note)}")
