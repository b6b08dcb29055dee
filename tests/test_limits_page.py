"""The page about limits says what the code does."""

import re
from dataclasses import asdict
from pathlib import Path

import covidweb
from covidweb.radiograph.budget import fair_seconds
from covidweb.radiograph.limits import Limits, limits_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "limits.md"


def test_every_limit_is_on_the_page_with_its_default():
    rows = re.findall(r"\| `(COVIDWEB_\w+)` \| (\d+) \| (.+) \|", PAGE.read_text())
    assert [(name, int(value), said) for name, value, said in rows] == limits_table()


def test_the_fair_share_is_the_stated_one(monkeypatch):
    assert fair_seconds(1_000_000) == 0.25
    assert fair_seconds(20_000_000) == fair_seconds(90_000_000)
    monkeypatch.setenv("COVIDWEB_FAIR_MEGAPIXELS", "2")
    assert fair_seconds(90_000_000) == 0.5


def test_every_limit_is_read_from_its_variable(monkeypatch):
    for number, (variable, _, _) in enumerate(limits_table(), 1):
        monkeypatch.setenv(variable, str(number))
    assert list(asdict(Limits()).values()) == list(range(1, len(limits_table()) + 1))


def test_no_other_module_reads_a_limit_from_the_environment():
    folder = Path(covidweb.__file__).parent
    readers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"COVIDWEB_(MAX|MIN|FAIR|ALWAYS|DECODERS)", path.read_text(encoding="utf-8"))
    }
    assert readers == {"radiograph/limits.py"}
