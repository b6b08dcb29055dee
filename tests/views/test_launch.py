import asyncio
import ctypes
import sys
import threading
import weakref
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from covidweb.exam.bench.figures import memory_now
from covidweb.screening.films import Film
from covidweb.views import launch
from covidweb.views.launch import make_app


def test_the_end_of_a_pages_run_leaves_the_networks_alone(monkeypatch):
    cleared = []
    keras = SimpleNamespace(backend=SimpleNamespace(clear_session=lambda: cleared.append(True)))
    monkeypatch.setitem(sys.modules, "keras", keras)
    cleaning = script_runner._clean_problem_modules
    monkeypatch.setattr(script_runner, "_clean_problem_modules", cleaning)
    cleaning()
    assert cleared, "Streamlit clears no session any more: nothing need be set for it."
    cleared.clear()
    make_app(Path("app.py"))
    script_runner._clean_problem_modules()
    assert not cleared
    assert "_clean_problem_modules" in script_runner.ScriptRunner._run_script.__code__.co_names


def test_a_session_that_ends_forgets_its_films(monkeypatch):
    """Whoever still holds what was the session's, as its script runners do, holds no film."""
    monkeypatch.setattr(AppSession, "shutdown", AppSession.shutdown)
    film = Film(1, "film.png", "film.png")
    held = weakref.ref(film)

    async def ended(film):
        uploads = MemoryUploadedFileManager("/uploads")
        session = AppSession(ScriptData("app.py"), uploads, ScriptCache(), None, {})
        session.session_state["film"] = film
        session.session_state._new_widget_state.widget_metadata["button"] = partial(repr, film)
        session._fragment_storage.register("fragment", partial(repr, film))
        session.shutdown()
        return session.session_state, session._fragment_storage

    given_back = threading.Event()
    monkeypatch.setattr(launch, "_give_back", given_back.set)
    make_app(Path("app.py"))
    kept = asyncio.run(ended(film))
    del film
    assert kept and held() is None
    assert given_back.wait(30)


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc keeps freed memory so"
)
def test_freed_memory_goes_back_to_the_system():
    pieces = [bytes([i % 255 + 1]) * 100_000 for i in range(2_000)]
    # What lies between keeps the allocator from giving the end of its room back by itself.
    kept = [*pieces[::50], pieces[-1]]
    del pieces
    before = memory_now()
    launch._give_back()
    assert kept and before - memory_now() > 100
