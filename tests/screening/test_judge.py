from dataclasses import replace

import pytest

from covidweb.bundle.card import Card
from covidweb.networks.standard import InputSpec
from covidweb.screening.judge import judged, unsure_sentence
from covidweb.screening.result import ModelId, ScreeningResult

CARD = Card(
    kind="classifier",
    title="Made up",
    input=InputSpec(64),
    threshold=0.5,
    uncertain_band=(0.4, 0.6),
)


def result(probability, reason=""):
    verdict = "covid" if probability >= 0.5 else "normal"
    unsure = unsure_sentence(probability, CARD.band)
    return ScreeningResult(
        "uncertain" if unsure else "ok",
        0.5,
        ModelId("made-up", "0" * 64),
        verdict,
        probability,
        reason=f"{reason} {unsure}".strip(),
    )


def test_the_band_moves_with_the_threshold():
    assert CARD.band_at(0.5) == pytest.approx((0.4, 0.6))
    low, high = CARD.band_at(0.9)
    assert low < 0.9 < high and high - low < 0.2
    assert CARD.band_at(0.1) == pytest.approx((1 - high, 1 - low))


def test_a_film_becomes_unsure_and_sure_again_with_the_threshold():
    sure = result(0.9, "It lay on its side.")
    assert sure.status == "ok"
    there = judged(sure, CARD, 0.9)
    assert (there.status, there.verdict) == ("uncertain", "covid")
    assert "often wrong" in there.reason
    assert there.reason.startswith("It lay on its side.")
    back = judged(there, CARD, 0.5)
    assert (back.status, back.verdict, back.reason) == ("ok", "covid", "It lay on its side.")
    assert judged(sure, CARD, 0.99).verdict == "normal"


def test_at_the_card_s_threshold_nothing_changes():
    unsure = result(0.55)
    assert unsure.status == "uncertain"
    assert judged(unsure, CARD, 0.5) is unsure
    assert judged(unsure, CARD, 0.2).status == "ok"


def test_without_a_probability_there_is_nothing_to_judge():
    error = replace(result(0.9), status="error", probability=None, verdict=None)
    assert judged(error, CARD, 0.1) is error
