import re
from pathlib import Path

import pytest

from covidweb import reference

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def test_command_reference_is_what_help_prints():
    text = reference.PAGE.read_text(encoding="utf-8")
    assert text == reference.reference(), "run `make reference`"


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_every_command_is_in_the_reference():
    text = reference.reference()
    for name in ("predict", "train seed", "evaluate", "data verify", "bench", "serve"):
        assert f"Usage: covidweb {name}" in text


@pytest.mark.parametrize(
    "path", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
)
def test_links_to_files_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert "://" in link or (path.parent / link).exists(), link
