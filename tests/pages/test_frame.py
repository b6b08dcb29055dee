"""The frame with its pages, and the pages alone, which must not need TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
LIGHT = ("home", "dataset", "training", "model_card")

_OPEN = """
import sys, time
from streamlit.testing.v1 import AppTest
for page in sys.argv[1:]:
    start = time.perf_counter()
    at = AppTest.from_file(page, default_timeout=60).run()
    print(page, round(time.perf_counter() - start, 2), [e.value for e in at.exception])
    assert not at.exception, page
    loaded = sorted({"tensorflow", "keras", "tf_keras_vis"} & set(sys.modules))
    assert not loaded, (page, loaded)
"""


def test_pages_come_up_without_tensorflow(bundle_root, tmp_path):
    environment = {**os.environ, "COVIDWEB_DATA": str(tmp_path / "none")}
    paths = [str(ROOT / "pages" / f"{page}.py") for page in LIGHT]
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, *paths],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_frame_opens_home_and_names_every_page(bundle_root):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not at.exception
    assert at.title[0].value == "COVID-19 on chest X\u2011rays"
    assert "not a medical device" in at.warning[0].value


def test_every_page_file_is_in_the_navigation():
    frame = (ROOT / "app.py").read_text()
    assert all(f"pages/{path.name}" in frame for path in (ROOT / "pages").glob("*.py"))
