import importlib.util
from pathlib import Path

import pytest


@pytest.fixture
def film_server():
    """The module with the loopback server of films."""
    path = Path(__file__).with_name("server.py")
    spec = importlib.util.spec_from_file_location("film_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
