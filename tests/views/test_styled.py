import pytest
from asgi import get
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

from covidweb.views.styled import STYLE, Styled

INDEX = "<html><head><title>Films</title></head><body></body></html>"
OTHER = INDEX.replace("Films", "Other")


@pytest.fixture
def app(tmp_path):
    (tmp_path / "index.html").write_text(INDEX)
    routes = [
        Route("/other", lambda request: HTMLResponse(OTHER)),
        Route("/{path:path}", lambda request: FileResponse(tmp_path / "index.html")),
    ]
    packing = Middleware(GZipMiddleware, minimum_size=1)
    return Starlette(routes=routes, middleware=[Middleware(Styled, folder=tmp_path), packing])


@pytest.mark.parametrize("path", ["/", "/screen"])
def test_the_first_file_holds_the_style_at_every_address(app, path):
    status, headers, body = get(app, path, accept="text/html,*/*", accept_encoding="gzip")
    assert status == 200 and STYLE + b"</head>" in body
    assert int(headers["content-length"]) == len(body)
    assert body.replace(STYLE, b"") == INDEX.encode()


def test_other_answers_stay_as_they_are(app):
    assert get(app, "/other", accept="text/html")[2] == OTHER.encode()
    assert get(app, "/")[2] == INDEX.encode()
    assert int(get(app, "/", method="HEAD")[1]["content-length"]) == len(INDEX)
