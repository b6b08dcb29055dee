"""The real server on a free port, driven with the system's Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from covidweb.bundle import HISTORY, PREDICTIONS, WEIGHTS, read_bundle, seal

ROOT = Path(__file__).resolve().parents[2]
# A machine that is busy draws a page slowly: tests wait for what they want to see, not for a time.
expect.set_options(timeout=30_000)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser_models(
    seed_root: Path, made_up_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Two bundles that both screen (tiny untrained weights) and have results (random ones)."""
    import keras

    from covidweb.networks.seed import build_seed

    root = tmp_path_factory.mktemp("browser") / "models"
    shutil.copytree(seed_root, root)
    shutil.copytree(root / "seed", root / "second")
    keras.utils.set_random_seed(6)
    build_seed(32, 8).save(root / "second" / WEIGHTS)
    for name, title in (("seed", "Tiny seed"), ("second", "Another tiny seed")):
        for file in (HISTORY, PREDICTIONS, "evaluation.json"):
            shutil.copy(made_up_models / "seed" / file, root / name)
        seal(root / name, replace(read_bundle("seed", root).card, title=title))
    return root


@contextmanager
def serving(
    folder: Path, models: Path, data: Path | None = None, variables: Any = (), **options: Any
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the app until the block ends: its address, once it says that it is well, and process.

    `variables` are more of its environment, `options` further arguments of `subprocess.Popen`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "COVIDWEB_MODELS": str(models),
        "COVIDWEB_DATA": str(data or folder / "no-data"),
        "COVIDWEB_RUNS": str(folder / "no-runs"),
        **dict(variables),
    }
    command = [sys.executable, "-m", "covidweb", "serve", "--port", str(port)]
    log = folder / "log"
    with log.open("w") as stream:
        given = {"env": environment, "stdout": stream, "stderr": subprocess.STDOUT} | options
        process = subprocess.Popen(command, cwd=ROOT, **given)
    try:
        _wait(f"http://localhost:{port}/healthz", process, log)
        yield f"http://localhost:{port}", process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def server(browser_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address, with one bundle and no data."""
    with serving(tmp_path_factory.mktemp("server"), browser_models) as (address, _):
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that `make test` found; its absence is a failure, not a skip."""
    path = os.environ.get("COVIDWEB_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), "")
    if not path:
        pytest.fail("No Chromium: run `make test`, or set COVIDWEB_CHROMIUM to one.")
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def upload() -> Callable[..., None]:
    """Give PNG files to a page's uploader: `upload(page, ("name.png", data), ...)`."""

    def give(page: Page, *files: tuple[str, bytes]) -> None:
        page.locator("input[type=file]").first.set_input_files(
            [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
        )

    return give


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh page that knows the server's address; times out after 30 s.

    An error of a script in the browser fails the test: what the page shows after one may be old.
    """
    context = browser.new_context(base_url=server, viewport={"width": 1440, "height": 1000})
    failed: list[str] = []
    context.on("weberror", lambda error: failed.append(str(error.error)))
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()
    assert not failed


def _wait(address: str, process: subprocess.Popen, log: Path, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"The server stopped:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server did not answer within {seconds:.0f} s:\n{log.read_text()}")
