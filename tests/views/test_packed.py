import gzip

import pytest
from asgi import get
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from covidweb.views.packed import Packed

SCRIPT = b"const chart = 1;\n" * 5000


@pytest.fixture
def app(tmp_path):
    (tmp_path / "static" / "js").mkdir(parents=True)
    (tmp_path / "static" / "js" / "chart.js").write_bytes(SCRIPT)
    (tmp_path / "static" / "small.js").write_bytes(b"1")
    (tmp_path / "static" / "icon.png").write_bytes(SCRIPT)
    (tmp_path / "secret.js").write_bytes(SCRIPT)
    files = tmp_path / "static"
    routes = [Mount("/static", StaticFiles(directory=files))]
    return Starlette(routes=routes, middleware=[Middleware(Packed, folder=files)])


def test_a_script_is_sent_packed_to_browsers_that_unpack(app):
    status, headers, body = get(app, "/static/js/chart.js", accept_encoding="gzip, br")
    assert status == 200 and gzip.decompress(body) == SCRIPT
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(body) < len(SCRIPT) / 20
    assert "accept-encoding" in headers["vary"].lower()
    assert headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/js/chart.js", {}),
        ("/static/js/chart.js", {"accept_encoding": "gzip", "range": "bytes=0-9"}),
        ("/static/small.js", {"accept_encoding": "gzip"}),
        ("/static/icon.png", {"accept_encoding": "gzip"}),
        ("/static/../secret.js", {"accept_encoding": "gzip"}),
        ("/static/gone.js", {"accept_encoding": "gzip"}),
    ],
)
def test_everything_else_is_as_it_was(app, path, headers):
    assert "content-encoding" not in get(app, path, **headers)[1]


def test_a_known_script_is_not_sent_again(app):
    etag = get(app, "/static/js/chart.js", accept_encoding="gzip")[1]["etag"]
    status, headers, body = get(
        app, "/static/js/chart.js", accept_encoding="gzip", if_none_match=etag
    )
    assert status == 304 and body == b"" and "content-encoding" not in headers


def test_the_chart_library_is_a_third_of_itself():
    from pathlib import Path

    from streamlit.file_util import get_static_dir

    from covidweb.views.packed import _packed

    (library,) = Path(get_static_dir(), "static", "js").glob("PlotlyChart.*.js")
    packed = _packed(library, library.stat().st_mtime_ns)
    assert len(packed) < 1.5e6 and gzip.decompress(packed) == library.read_bytes()
