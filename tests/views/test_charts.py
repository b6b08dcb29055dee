import numpy as np
import pandas as pd
import pytest

from covidweb.views import charts


def _luminance(colour):
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def _contrast(one, other):
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("background", ["#ffffff", "#11181c"])
@pytest.mark.parametrize("colour", charts.COLOURS)
def test_colours_are_seen_on_light_and_dark(colour, background):
    assert _contrast(colour, background) >= 3


@pytest.mark.parametrize("dark", [False, True])
def test_the_confusion_matrix_is_read_on_its_darkest_tint(dark):
    page, tint = np.array([(255, 255, 255), (17, 24, 28)][dark]), np.array([47, 131, 179])
    mixed = "#" + "".join(f"{round(v):02x}" for v in 0.45 * tint + 0.55 * page)
    figure = charts.confusion({"tp": 9, "fn": 0, "fp": 0, "tn": 9}, charts.INK[dark])
    inks = {note.font.color for note in figure.layout.annotations}
    assert inks == {charts.INK[dark]} and _contrast(charts.INK[dark], mixed) >= 4.5


def test_learning_curves_star_the_best_epoch():
    history = pd.DataFrame({"epoch": [1, 2], "loss": [2, 1], "val_loss": [1.5, 1.8]})
    figure = charts.learning_curves({"a": history}, "loss", {"a": 1})
    star = figure.data[-1]
    assert list(star.x) == [1] and list(star.y) == [1.5] and star.marker.symbol == "star"
    assert [trace.line.dash for trace in figure.data[:2]] == ["dot", "solid"]


def test_forest_draws_the_given_interval():
    table = pd.DataFrame(
        {"model": ["m"], "title": ["t"], "place": ["inside"], "n": [3]}
        | {"value": [0.8], "low": [0.7], "high": [0.95]}
    )
    bar = charts.forest(table, "AUC").data[0]
    assert bar.error_x.array[0] == pytest.approx(0.15)
    assert bar.error_x.arrayminus[0] == pytest.approx(0.1)


def test_missing_intervals_draw_no_bar():
    table = pd.DataFrame({"name": ["a"], "value": [0.5], "low": [None], "high": [None]})
    assert charts.bars(table, "x").data[0].error_x.array[0] == 0


def test_confusion_shows_counts_and_shares():
    figure = charts.confusion({"tp": 3, "fn": 1, "fp": 0, "tn": 6})
    texts = [a.text for a in figure.layout.annotations]
    assert "<b>3</b>" in texts[0] and "75%" in texts[0]
    assert figure.data[0].z[1][1] == 1


def test_gap_chart_crosses_the_accuracy_rows_with_the_article():
    rows = [("inside", "accuracy", "Accuracy", 0.9), ("outside", "accuracy", "Accuracy", 0.6)]
    table = pd.DataFrame(rows, columns=["place", "metric", "title", "value"])
    table = table.assign(low=table["value"] - 0.1, high=table["value"] + 0.1, n=9)
    figure = charts.gap_chart({"seed": table}, 0.81)
    assert figure.layout.shapes[0].x0 == 0.81
    assert "81%" in figure.layout.annotations[0].text
