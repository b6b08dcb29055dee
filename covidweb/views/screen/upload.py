"""Taking films in: files, a ZIP, a folder, a simulated film, or one sent from another page."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from covidweb.markdown import escape
from covidweb.radiograph import ACCEPTED, Limits, Listing, Source, base_name, list_upload
from covidweb.screening.worklist import Worklist
from covidweb.views.frontend import component
from covidweb.views.press import press
from covidweb.views.screen.worklist import GENERATION, clear
from covidweb.views.whole import whole

HANDED_OVER = "screen_film"
"""Another page puts `{"name": str, "bytes": bytes, "truth": str?}` here to have it screened."""

_FILES, _FOLDER = "Files or a ZIP", "A folder"


def take_in(worklist: Worklist) -> None:
    """Draw the uploader and the list's notes, and take in what was handed over."""
    _handed_over(worklist)
    worklist.arrived = False
    with st.expander("Add films", icon=":material/add:", expanded=not worklist.films):
        kind = st.segmented_control(
            "What to upload",
            [_FILES, _FOLDER],
            default=_FILES,
            required=True,
            key="screen_kind",
            label_visibility="collapsed",
        )
        uploader(worklist, kind == _FOLDER)
    with st.container():
        for note in worklist.notes:
            st.caption(f":material/info: {escape(note)}")


def uploader(worklist: Worklist, folder: bool = False) -> None:
    """Draw the uploader; films come and go with the files in it."""
    key = f"screen_{'folder' if folder else 'files'}_{st.session_state.get(GENERATION, 0)}"
    component("dropzone")(key="dropzone", height=1)
    uploads = st.file_uploader(
        _label(folder),
        accept_multiple_files="directory" if folder else True,
        key=key,
        on_change=_changed,
        args=(worklist, key, not folder),
        help=(
            f"{ACCEPTED}, up to {Limits().file_mib} MiB each, by whatever name, alone or in a "
            "ZIP. Films stay in this server's memory and are gone when you close the page."
        ),
    )
    # An uploader drawn anew is empty, without its films having been taken away.
    st.session_state[f"{key}_held"] = {upload.file_id for upload in uploads or []}


def _label(folder: bool) -> str:
    most = f"up to {Limits().file_mib} MiB each"
    if folder:
        return f"A folder of chest films, {most}"
    archive = st.get_option("server.maxUploadSize")
    return f"Chest films, {most}, or a ZIP of them, up to {archive} MB"


def sample(index: int) -> bytes:
    """Return the PNG bytes of a simulated film: nobody's radiograph."""
    from covidweb.simulate import sample_film

    return sample_film(index).png()


def add_samples(worklist: Worklist, count: int) -> None:
    """Add the next simulated films; they are computed when their turn comes."""
    from covidweb.simulate import sample_seed

    start = worklist.samples
    worklist.samples = start + count
    for index in range(start, start + count):
        seed, covid = sample_seed(index)
        source = Source(f"simulated-{index + 1}.png", partial(sample, index))
        worklist.add([source], "simulated", "covid" if covid else "normal", seed)


@whole
def _changed(worklist: Worklist, key: str, chosen: bool) -> None:
    """Take in the uploader's new files, and let go the films of those taken away."""
    uploads = {upload.file_id: upload for upload in st.session_state.get(key) or []}
    held: set[str] = st.session_state.setdefault(f"{key}_held", set())
    worklist.remove_uploads(held - set(uploads))
    left, before, came = Listing(), worklist.selected, 0
    for number in [number for number in uploads if number not in held]:
        found = list_upload(uploads[number].name, uploads[number].getvalue(), chosen)
        came += len(worklist.add(found.sources, upload=number))
        left += Listing((), found.left_out)
    held.clear()
    held.update(uploads)
    worklist.note(left.note())
    if came > 1:
        worklist.selected = before


def _handed_over(worklist: Worklist) -> None:
    film: Mapping[str, Any] | None = st.session_state.pop(HANDED_OVER, None)
    if film:
        data, truth = film["bytes"], film.get("truth") or film.get("label") or ""
        worklist.add([Source(base_name(film["name"]), lambda: data)], "dataset", truth)


def sample_button(worklist: Worklist) -> None:
    """Draw the button that adds a simulated film."""
    press(
        "Try a simulated film",
        "experiment",
        "sample_button",
        partial(add_samples, worklist),
        "Computed from a digital chest, nobody's radiograph; each click gives another.",
    )


def clear_button(worklist: Worklist) -> None:
    """Draw the button that empties the list; it keeps its place where there is nothing in it."""
    st.button(
        "Clear the list",
        icon=":material/delete_sweep:",
        help="Forget every film, result and answer of this session.",
        disabled=not (worklist.films or worklist.notes),
        on_click=clear,
    )
