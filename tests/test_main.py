import json
import subprocess
import sys

import pytest

START = "import os, sys, types; sys.argv = ['covidweb', *sys.argv[1:]]; from covidweb import cli; "


def run(code, *words):
    command = [sys.executable, "-c", START + code, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("library", ["ai_edge_litert", "tensorflow"])
@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_process_with_networks_leaves_at_once_and_whole(status, library):
    """Whatever stands in an exit handler is what leaving at once saves; output is not lost."""
    found = run(
        "import atexit; from covidweb.__main__ import main; "
        "atexit.register(lambda: print('torn down', flush=True)); "
        f"sys.modules['{library}'] = types.ModuleType('{library}'); "
        "cli.main = lambda: (print('x' * 200_000), print('said', file=sys.stderr), "
        f"sys.exit({status})); main()"
    )
    assert found.returncode == status
    assert found.stdout == "x" * 200_000 + "\n" and found.stderr == "said\n"


def test_a_process_without_networks_ends_as_ever():
    found = run(
        "import atexit; from covidweb.__main__ import main; "
        "atexit.register(lambda: print('torn down')); main()",
        "--help",
    )
    assert found.returncode == 0 and found.stdout.endswith("torn down\n")


def test_help_loads_none_of_the_heavy_libraries():
    heavy = ["numpy", "pandas", "PIL", "scipy", "tensorflow", "keras", "streamlit", "fpdf", "ray"]
    found = run(
        "import covidweb, json\n"
        "try: cli.app(['--help'])\n"
        f"except SystemExit: print(json.dumps([n for n in {heavy} if n in sys.modules]))"
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout.splitlines()[-1]) == []


def test_films_can_be_read_before_the_networks_libraries_are_imported():
    heavy = ["scipy", "pydicom", "ai_edge_litert", "pandas", "tensorflow", "keras"]
    found = run(
        "import json\n"
        "import covidweb.bundle, covidweb.commands.job, covidweb.screening.pipeline\n"
        f"print(json.dumps([n for n in {heavy} if n in sys.modules]))"
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == []
