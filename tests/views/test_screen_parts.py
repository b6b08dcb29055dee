import pytest

from covidweb.screening.films import Film, Row
from covidweb.screening.result import ModelId, ScreeningResult
from covidweb.views.screen import rail, table


def row(probability):
    verdict = "covid" if probability >= 0.45 else "normal"
    result = ScreeningResult("ok", 0.45, ModelId("made-up", "0" * 64), verdict, probability)
    return Row(Film(1, "a.png", "a.png"), result)


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.9985, "Suspicious · >99\u00a0%"),
        (0.004, "Not suspicious · <1\u00a0%"),
        (0.5, "Suspicious · 50\u00a0%"),
    ],
)
def test_the_rail_says_an_answer_in_one_line(probability, said):
    assert rail.entry(row(probability), hidden=False)["answer"] == said


@pytest.mark.parametrize(
    ("probability", "percent"), [(0.99999, 99.9), (0.00001, 0.1), (0.5028, 50.28)]
)
def test_the_table_never_shows_certainty(probability, percent):
    assert table.frame([row(probability)])["Probability"][0] == pytest.approx(percent)
