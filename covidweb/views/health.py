"""`/healthz` and `/readyz`: for a container, a proxy or a watchdog; nothing about anybody.

Healthy is a process that answers. Ready is one that could screen a film: a classifier is there
whose weights are its card's.
"""

from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from covidweb.bundle import list_bundles, model_root, read_bundle
from covidweb.errors import EXPECTED, sentence

CLASSIFIERS = ("seed", "classifier")


def routes() -> list[Route]:
    """Return the routes, for the app that serves the pages."""
    # Plain functions run in threads: reading a bundle must not hold up the pages.
    return [Route("/healthz", _health), Route("/readyz", _ready)]


def why_not_ready() -> str:
    """Return why no film could be screened, as a sentence; empty when one could."""
    reason = "No model is installed."
    for name in list_bundles(kinds=CLASSIFIERS):
        try:
            path = read_bundle(name).path
            return _check(name, str(model_root()), _changed(path))
        except EXPECTED as error:
            reason = sentence(error)
    return reason


@lru_cache(maxsize=8)
def _check(name: str, root: str, changed: tuple[int, ...]) -> str:
    """Hash the weights, once for as long as the bundle's files are the same. Raises ModelError."""
    read_bundle(name, Path(root)).weights()
    return ""


def _changed(path: Path) -> tuple[int, ...]:
    return tuple(sorted(file.stat().st_mtime_ns for file in path.iterdir()))


def _health(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


def _ready(request: Request) -> PlainTextResponse:
    reason = why_not_ready()
    status = 503 if reason else 200
    return PlainTextResponse(reason or "ready", status, headers={"Cache-Control": "no-store"})
