"""A few mutants on every run of the tests; `make fuzz` runs thousands."""

import random

import fuzz
import pytest


def test_a_few_mutants_of_every_kind_give_a_film_or_a_sentence():
    ran = list(fuzz.outcomes(90, 1, 120))
    assert [outcome for outcome in ran if outcome.fault] == []
    assert {outcome.came == "a film" for outcome in ran} == {True, False}


def test_every_seed_is_read():
    for name, data in fuzz.seeds().items():
        outcome = fuzz._outcome(name, data)
        assert (outcome.came, outcome.fault) == ("a film", ""), outcome


def test_the_same_seed_gives_the_same_mutants():
    first, second = (fuzz.mutated(bytes(500), b"other" * 9, random.Random(7)) for _ in range(2))
    assert first == second != bytes(500)


def test_what_is_no_sentence_and_what_takes_long_is_a_fault(monkeypatch):
    monkeypatch.setattr(fuzz, "read_radiograph", lambda data: 1 / 0)
    assert "ZeroDivisionError" in fuzz._outcome("PNG", b"").fault
    monkeypatch.setattr(fuzz, "_read", lambda name, data: "a film")
    clock = iter([0.0, 2.5])
    monkeypatch.setattr(fuzz, "spent", lambda: next(clock))
    assert fuzz._outcome("PNG", b"").fault == "took 2.5 s"


def test_a_wrong_film_is_a_fault(monkeypatch, film_png):
    from dataclasses import replace

    from covidweb.radiograph import read_radiograph

    film = read_radiograph(film_png(0))
    monkeypatch.setattr(fuzz, "read_radiograph", lambda data: replace(film, pixels=film.pixels + 1))
    with pytest.raises(AssertionError):
        fuzz._read("PNG", b"")
