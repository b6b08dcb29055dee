import math

import pytest

from covidweb.commands.bench import _line
from covidweb.exam import bench


def test_every_figure_is_measured_and_targets_are_judged(seed_root, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    figures = list(bench.measure("seed", films=2, server=False))
    assert len({figure.name for figure in figures}) == len(figures) >= 6
    assert all(math.isfinite(figure.value) and figure.value > 0 for figure in figures)
    assert all((figure.met is None) == (figure.target == "") for figure in figures)


@pytest.mark.parametrize(("value", "said"), [(20.0, "met"), (30.0, "MISSED")])
def test_a_line_names_value_target_and_verdict(value, said):
    line = _line(bench._at_most("Lungs", value, "ms", 25))
    assert line.startswith("Lungs") and f"{value:.2f} ms" in line
    assert "<= 25" in line and line.endswith(said)
