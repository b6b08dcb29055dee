import re
from pathlib import Path

import pytest

from covidweb import reference

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def test_command_reference_is_what_help_prints():
    text = README.read_text(encoding="utf-8")
    assert text == reference.with_reference(text), "run `make readme`"


def test_every_command_is_in_the_reference():
    text = reference.reference()
    for name in ("predict", "train seed", "evaluate", "data verify", "bench", "serve"):
        assert f"Usage: python -m covidweb {name}" in text


def test_a_readme_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="needs the lines"):
        reference.with_reference("nothing")


@pytest.mark.parametrize("path", [README, *sorted((ROOT / "docs").glob("*.md"))])
def test_links_to_files_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert "://" in link or (path.parent / link).exists(), link
