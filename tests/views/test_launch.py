import asyncio
import sys
import weakref
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from covidweb.screening.films import Film
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

    make_app(Path("app.py"))
    kept = asyncio.run(ended(film))
    del film
    assert kept and held() is None
