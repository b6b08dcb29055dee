import math

import pytest

from covidweb.commands.bench import _line
from covidweb.exam import bench
from covidweb.exam.bench import figures, films, many_films


@pytest.fixture
def small(monkeypatch):
    """Small films and few of them: what is measured here means nothing."""
    monkeypatch.setattr(films, "SIDE", 128)
    monkeypatch.setattr(films, "DISTINCT", 2)
    monkeypatch.setattr(figures, "PAIRS", 1)
    monkeypatch.setattr(many_films, "EACH", 1)
    for cached in (films.film_files, films.films):
        cached.cache_clear()
    yield
    for cached in (films.film_files, films.films):
        cached.cache_clear()


def test_every_figure_is_measured_and_targets_are_judged(seed_root, monkeypatch, small):
    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    found = list(bench.measure("seed", films=4, fresh=False))
    assert len({(f.name, f.unit) for f in found}) == len(found) >= 15
    assert all(math.isfinite(f.value) for f in found)
    assert all(f.value > 0 for f in found if f.unit != "MB")
    assert all((f.met is None) == (f.target == "") for f in found)
    assert all(bool(f.baseline) == (f.unit == "x") for f in found)


def test_a_ratio_is_the_median_of_its_pairs():
    calls = []
    pair = figures.pairs(lambda: calls.append("ours"), lambda: calls.append("theirs"), 2)
    assert calls == ["ours", "theirs"] * 3
    assert len(pair.ours) == len(pair.theirs) == 2
    assert figures.Pairs([1.0, 8.0, 3.0], [1.0, 2.0, 2.0]).ratio == 1.5


@pytest.mark.parametrize(("value", "said"), [(2.0, "met"), (4.0, "MISSED")])
def test_a_line_names_value_baseline_target_and_verdict(value, said):
    line = _line(figures.at_most("500 films", value, "x", 3, "decoding them"))
    assert line.startswith("500 films, against decoding them") and f"{value:.2f} x" in line
    assert "<= 3" in line and line.endswith(said)
    assert figures.at_least("Sessions", 1.4, "x", 1.5, "one").met is False


def test_memory_is_read_in_megabytes():
    assert 20 < figures.memory_now() < 1.05 * figures.memory_peak() < 100_000
