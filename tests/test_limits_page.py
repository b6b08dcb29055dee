"""The page about limits says what the code does."""

import re
from pathlib import Path

from covidweb.radiograph.budget import fair_seconds
from covidweb.radiograph.limits import limits_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "limits.md"


def test_every_limit_is_on_the_page_with_its_default():
    rows = re.findall(r"\| `(COVIDWEB_\w+)` \| (\d+) \| (.+) \|", PAGE.read_text())
    assert [(name, int(value), said) for name, value, said in rows] == limits_table()


def test_the_fair_share_is_the_stated_one():
    assert fair_seconds(1_000_000) == 0.25
    assert fair_seconds(20_000_000) == fair_seconds(90_000_000)
