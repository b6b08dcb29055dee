from dataclasses import replace

import numpy as np
import pytest

from covidweb.screening.result import ZONES, ModelId, ScreeningResult
from covidweb.screening.words import (
    evidence_sentence,
    headline,
    join_words,
    probability_words,
    readings_sentence,
    top_zones,
)

RESULT = ScreeningResult(
    "ok",
    0.5,
    ModelId("made-up", "0" * 64),
    "covid",
    0.8,
    heatmap=np.ones((4, 4), np.float32),
    lung_mask=np.ones((8, 8), bool),
)


def shares(**given):
    rest = (1 - sum(given.values())) / (len(ZONES) - len(given))
    return {zone: given.get(zone, rest) for zone in ZONES}


@pytest.mark.parametrize(
    ("status", "verdict", "words"),
    [
        ("ok", "covid", "Suspicious for COVID-19"),
        ("ok", "normal", "Not suspicious for COVID-19"),
        ("uncertain", "covid", "Not sure"),
        ("not_assessed", None, "Not assessed"),
        ("error", None, "Could not be read"),
    ],
)
def test_every_status_has_its_headline(status, verdict, words):
    assert headline(replace(RESULT, status=status, verdict=verdict)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "under 1 %"),
        (0.009, "under 1 %"),
        (0.834, "83 %"),
        (0.99, "99 %"),
        (0.995, "over 99 %"),
    ],
)
def test_probabilities_are_never_rounded_to_certainty(value, words):
    assert probability_words(value) == words


def test_a_film_read_again_says_between_what_its_readings_lie():
    said = readings_sentence(replace(RESULT, readings=(0.312, 0.518)))
    assert "read 5 times" in said and "31 % to 52 %" in said
    assert not readings_sentence(RESULT)


def test_the_sentence_names_the_zones_that_hold_most():
    regions = shares(right_lower=0.45, left_lower=0.3)
    assert top_zones(regions) == ["right_lower", "left_lower"]
    said = evidence_sentence(replace(RESULT, regions=regions))
    assert said == "Evidence mostly in the right lower and left lower zones."


def test_one_zone_is_singular_and_even_evidence_is_spread():
    assert "right upper zone." in evidence_sentence(
        replace(RESULT, regions=shares(right_upper=0.9))
    )
    assert "spread over both lungs" in evidence_sentence(replace(RESULT, regions=shares()))


def test_a_film_judged_normal_has_no_evidence_mostly_anywhere():
    regions = shares(right_lower=0.9)
    said = evidence_sentence(replace(RESULT, verdict="normal", regions=regions))
    assert said.startswith("Too little evidence")


def test_a_faint_map_is_called_so():
    regions = shares(right_lower=0.9)
    said = evidence_sentence(replace(RESULT, regions=regions, heatmap_scale=100.0))
    assert said.startswith("Hardly any evidence")


def test_without_zones_the_sentence_says_why():
    assert "not outlined" in evidence_sentence(replace(RESULT, lung_mask=None))
    assert "None of the evidence" in evidence_sentence(RESULT)
    flat = replace(RESULT, heatmap=np.zeros((4, 4), np.float32))
    assert "No evidence" in evidence_sentence(flat)
    assert evidence_sentence(replace(RESULT, heatmap=None)) == ""


def test_severity_is_never_said():
    for regions in (shares(), shares(left_lower=0.9)):
        said = evidence_sentence(replace(RESULT, regions=regions)).lower()
        assert "sever" not in said and "affected" not in said


def test_words_join_as_english_does():
    assert [join_words(list(w)) for w in ("", "a", "ab", "abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
