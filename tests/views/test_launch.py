import sys
from pathlib import Path
from types import SimpleNamespace

from streamlit.runtime.scriptrunner import script_runner

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
