"""The upright check: its sentences, on a stubbed network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from covidweb.bundle import Bundle, Card, InputSpec
from covidweb.errors import ModelError
from covidweb.networks.standard import READ_SIDE
from covidweb.networks.upright import KINDS
from covidweb.radiograph import read_radiograph
from covidweb.screening.upright import MIRRORED, WRONG_KIND, UprightCheck

CUTOFFS = {"not_frontal": 0.6, "mirrored": 2.0}


class Network:
    """Answers with a kind, an angle and a side; of a mirror image as a network should.

    Once a film was turned, it is upright.
    """

    def __init__(self, kind="frontal", degrees=0.0, mirrored=-3.0):
        self.kind, self.degrees, self.mirrored = kind, degrees, mirrored
        self.calls = 0

    def __call__(self, films):
        degrees = self.degrees if self.calls == 0 else 0.0
        self.calls += 1
        return np.array(
            [self.answer(degrees, sign) for sign in (1, -1) for _ in range(len(films) // 2)],
            np.float32,
        )

    def answer(self, degrees, sign=1):
        angle = np.deg2rad(degrees)
        kinds = 8.0 * np.array([kind == self.kind for kind in KINDS])
        return [*kinds, np.cos(angle), sign * np.sin(angle), sign * self.mirrored]


@pytest.fixture
def check():
    def make(network=None, **answers):
        card = Card(kind="upright", title="", input=InputSpec(32), cutoffs=CUTOFFS)
        return UprightCheck(Bundle(Path("upright"), card), network or Network(**answers))

    return make


@pytest.fixture
def radiograph(film_png):
    return read_radiograph(film_png(4))


def test_an_upright_film_is_left_as_it_is(check, radiograph):
    laid = check(degrees=2.0).lay([radiograph])[0]
    assert laid.passed and laid.film is radiograph and laid.note == ""
    assert not laid.placement.moved
    assert [finding.name for finding in laid.findings] == ["one_film", "upright", "sides"]


@pytest.mark.parametrize("kind", sorted(WRONG_KIND))
def test_what_is_no_single_frontal_film_is_turned_away_with_its_reason(check, radiograph, kind):
    laid = check(kind=kind, degrees=90.0).lay([radiograph])[0]
    assert not laid.passed and laid.film is radiograph
    assert [finding.message for finding in laid.findings] == [WRONG_KIND[kind]]


@pytest.mark.parametrize(
    ("degrees", "words"),
    [
        (180.0, "upside down"),
        (-170.0, "upside down"),
        (92.0, "on its side"),
        (-90.0, "on its side"),
        (40.0, "tilted by 40 degrees"),
    ],
)
def test_a_film_that_lies_wrong_is_turned_away(check, radiograph, degrees, words):
    laid = check(degrees=degrees).lay([radiograph])[0]
    failed = [finding for finding in laid.findings if not finding.passed]
    assert [finding.name for finding in failed] == ["upright"]
    assert words in failed[0].message and not laid.placement.moved


def test_a_heart_on_the_right_is_turned_away_and_says_both_causes(check, radiograph):
    laid = check(mirrored=2.5).lay([radiograph])[0]
    assert [f.message for f in laid.findings if not f.passed] == [MIRRORED]
    assert "dextrocardia" in MIRRORED
    assert check(mirrored=1.5).lay([radiograph])[0].passed


@pytest.mark.parametrize(("degrees", "way"), [(12.0, "clockwise"), (-3.0, "anticlockwise")])
def test_a_tilted_film_is_turned_upright_with_a_note(check, radiograph, degrees, way):
    laid = check(degrees=degrees).lay([radiograph])[0]
    assert laid.passed and laid.placement.degrees == pytest.approx(degrees, abs=1e-4)
    assert laid.film.pixels.shape != radiograph.pixels.shape
    assert f"tilted {way} by {abs(degrees):.0f} degrees" in laid.note
    assert laid.note in [finding.message for finding in laid.findings]


def test_a_tilted_film_is_turned_by_the_mean_of_what_is_told_from_two_sides(check, radiograph):
    class Wavering(Network):
        # Of the film as it lies, as turned by 10 degrees, and as turned by 9 and 15.
        told = (([10.0], [-3.0]), ([2.0], [-3.0]), ([4.0, -2.4], [-3.0, 4.0]))

        def __call__(self, films):
            told = self.told[self.calls]
            self.calls += 1
            assert len(films) == 2 * len(told[0])
            answers = []
            for sign in (1, -1):
                for degrees, self.mirrored in zip(*told, strict=True):
                    answers.append(self.answer(degrees, sign))
            return np.array(answers, np.float32)

    laid = check(Wavering()).lay([radiograph])[0]
    assert laid.passed and laid.placement.degrees == pytest.approx(12.8)
    found = {finding.name: finding for finding in laid.findings}
    assert found["upright"].value == pytest.approx(0.8)
    assert "by 13 degrees" in found["upright"].message
    assert found["sides"].value == pytest.approx(0.5)


def test_wide_borders_are_cut_off_and_narrow_ones_stay(check, radiograph):
    for border, cut in ((60, True), (4, False)):
        framed = replace(radiograph, pixels=np.pad(radiograph.pixels, border))
        laid = check().lay([framed])[0]
        assert laid.placement.moved == cut
        if cut:
            np.testing.assert_array_equal(laid.film.pixels, radiograph.pixels)
            assert "borders were left out" in laid.note


def test_a_large_film_is_read_at_one_resolution_whatever_lies_around_it(check, radiograph):
    grown = np.kron(radiograph.pixels, np.ones((4, 4), np.float32))
    for border in (0, 400):
        framed = replace(radiograph, pixels=np.pad(grown, border))
        laid = check().lay([framed])[0]
        assert laid.placement.moved == bool(border)
        assert min(laid.film.pixels.shape) == pytest.approx(READ_SIDE, abs=3)


def test_a_tilted_film_keeps_the_resolution_it_has_upright(check, radiograph):
    grown = replace(radiograph, pixels=np.kron(radiograph.pixels, np.ones((4, 4), np.float32)))
    laid = check(degrees=10.0).lay([grown])[0]
    wider = np.cos(np.deg2rad(10)) + np.sin(np.deg2rad(10))
    assert laid.placement.degrees == pytest.approx(10)
    assert min(laid.film.pixels.shape) == pytest.approx(READ_SIDE * wider, rel=0.02)


def test_a_batch_is_laid_film_by_film(check, radiograph):
    class Mixed(Network):
        def __call__(self, films):
            found = super().__call__(films)
            if self.calls == 1:
                half = len(films) // 2
                found[1], found[half + 1] = self.answer(10.0), self.answer(10.0, -1)
            return found

    laid = check(Mixed()).lay([radiograph] * 3)
    assert [one.placement.degrees > 5 for one in laid] == [False, True, False]


def test_no_films_give_no_answers(check):
    assert check().lay([]) == []


def test_a_bundle_of_another_kind_is_refused(seed_root):
    with pytest.raises(ModelError, match="which way up"):
        UprightCheck.load(seed_root, "seed")
