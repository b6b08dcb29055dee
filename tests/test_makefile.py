"""The two commands, checked without installing anything."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _make(*arguments, folder=ROOT):
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def installed(tmp_path):
    """A copy of the build files beside stamps that say that everything is installed."""
    for name in ("Makefile", *(p.name for p in ROOT.glob("requirements*.txt"))):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    for stamp in (".made", ".installed", ".installed-dev"):
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


def test_help_lists_every_target_with_a_sentence():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    said = _make("help").stdout
    assert {"run", "test", "help", "lint", "format", "typecheck", "bench"} <= targets
    assert all(f"make {target} " in said for target in targets)


def test_a_second_call_installs_nothing(installed):
    assert "pip" not in _make("-n", "run", "test", folder=installed).stdout


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_changed_requirements_are_installed_again(installed, file):
    later = (installed / ".venv" / ".installed-dev").stat().st_mtime + 5
    os.utime(installed / file, (later, later))
    assert f"install --quiet -r {file}" in _make("-n", "test", folder=installed).stdout


def test_port_can_be_chosen(installed):
    assert "serve --port 9123" in _make("-n", "run", "PORT=9123", folder=installed).stdout


def test_an_old_python_is_refused_with_a_sentence(tmp_path):
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        fake = tmp_path / name
        fake.write_text(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.8.1' && exit 0\nexit 1\n"
        )
        fake.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "make-venv"), str(tmp_path / "venv")],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "Found: Python 3.8.1" in done.stderr


def test_no_chromium_fails_with_a_sentence(tmp_path):
    """Nothing on the PATH, no package manager, no download: a message and a failure."""
    for name in ("dirname", "id"):
        (tmp_path / name).symlink_to(shutil.which(name))
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "find-chromium"), str(fake)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stdout == ""
    assert "could not be installed" in done.stderr


def test_every_import_is_in_the_requirements():
    names = {"PIL": "pillow", "sklearn": "scikit-learn", "skimage": "scikit-image", "fpdf": "fpdf2"}
    names |= {"cv2": "opencv-python-headless"}
    names |= {"tf_keras_vis": "tf-keras-vis", "gdcm": "python-gdcm", "imagehash": "ImageHash"}
    names |= {"ai_edge_litert": "ai-edge-litert", "ai_edge_quantizer": "ai-edge-quantizer"}
    # Ray, stores by address and torch-cam are optional, in files of their own.
    files = ("requirements.txt", "requirements-cluster.txt", "requirements-bench.txt")
    required = "\n".join((ROOT / name).read_text() for name in files)
    found = set()
    for path in [*(ROOT / "covidweb").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    outside = found - set(sys.stdlib_module_names) - {"covidweb", "click"}
    missing = [n for n in outside if not re.search(rf"^{names.get(n, n)}[><=\[]", required, re.M)]
    assert not missing


def test_settings_keep_errors_and_statistics_private():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
    assert "enableXsrfProtection" not in settings["server"]


def test_only_the_ci_knows_where_its_data_is():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    tail = "/".join(("..", "shared"))
    named = [
        name
        for name in listed
        if (ROOT / name).is_file() and tail.encode() in (ROOT / name).read_bytes()
    ]
    assert named in ([], [".ci/run"])
