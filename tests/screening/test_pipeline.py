import threading

import numpy as np
import pytest

from covidweb.errors import ImageError
from covidweb.radiograph import Limits, Source, read_radiograph
from covidweb.screening import pipeline
from covidweb.screening.pipeline import screen_stream
from covidweb.screening.result import ModelId, ScreeningResult

MODEL = ModelId("made-up", "0" * 64)


class FakeScreener:
    """Answers every film with its mean grey, and remembers how many came together."""

    def __init__(self):
        self.sizes = []

    def screen_many(self, radiographs):
        self.sizes.append(len(radiographs))
        return [
            ScreeningResult("ok", 0.5, MODEL, "normal", float(film.pixels.mean()))
            for film in radiographs
        ]

    def failure(self, reason):
        return ScreeningResult("error", 0.5, MODEL, reason=reason)


def sources(film_png, count):
    return [Source(f"{i}.png", lambda i=i: film_png(i, (96, 96))) for i in range(count)]


def mean(data):
    return float(read_radiograph(data).pixels.mean())


def test_answers_come_in_order_with_failures_in_place(film_png):
    def broken():
        raise ImageError("This file is broken.")

    def greedy():
        raise MemoryError

    items = sources(film_png, 37)
    items[3], items[20] = Source("bad", broken), Source("large", greedy)
    screener = FakeScreener()
    answers = list(screen_stream(items, lambda: screener, threads=3))
    assert [a.source for a in answers] == items
    assert answers[3].film is None and answers[3].result.reason == "This file is broken."
    assert "memory" in answers[20].result.reason
    for place in (0, 19, 36):
        wanted = mean(film_png(place, (96, 96)))
        assert answers[place].result.probability == pytest.approx(wanted, abs=1e-6)
        assert answers[place].result.elapsed_ms["read"] > 0
    assert sum(screener.sizes) == 35 and max(screener.sizes) <= 16


def test_films_are_read_while_others_are_screened_and_only_so_far_ahead(film_png, monkeypatch):
    monkeypatch.setattr(pipeline, "AHEAD_FILMS", 20)
    started = []
    data = film_png(0, (96, 96))

    def read(i):
        started.append(i)
        return data

    items = [Source(str(i), lambda i=i: read(i)) for i in range(200)]
    answers = screen_stream(items, FakeScreener, threads=2)
    for done in range(1, 201):
        next(answers)
        # The batches in hand, what may be read ahead, and what the readers hold.
        assert done <= len(started) <= min(200, done + 2 * 16 + 20 + 2)
    assert started[:2] != [] and len(started) == 200


def test_large_films_are_read_ahead_and_batched_by_what_they_take(film_png, monkeypatch):
    size = 96 * 96 * 4
    monkeypatch.setattr(Limits, "ahead_bytes", 3 * size)
    monkeypatch.setattr(pipeline, "BATCH_BYTES", 2 * size)
    alive, most, lock = set(), [0], threading.Lock()
    data = film_png(0, (96, 96))

    def read(i):
        with lock:
            alive.add(i)
            most[0] = max(most[0], len(alive))
        return data

    items = [Source(str(i), lambda i=i: read(i)) for i in range(30)]
    screener = FakeScreener()
    for place, _ in enumerate(screen_stream(items, lambda: screener, threads=2)):
        with lock:
            alive.discard(place)
    assert most[0] <= 2 * 2 + 3 + 2 and max(screener.sizes) == 2


def test_finishing_comes_before_the_answer_and_its_fault_ends_the_run(film_png):
    finished = []
    items = sources(film_png, 20)
    for place, answer in enumerate(
        screen_stream(items, FakeScreener, lambda place, answer: finished.append(place), 2)
    ):
        assert place in finished and answer.source is items[place]
    assert sorted(finished) == list(range(20))

    def full(place, answer):
        if place == 5:
            raise OSError("disk full")

    got = []
    with pytest.raises(OSError, match="disk full"):
        for answer in screen_stream(items, FakeScreener, full, 2):
            got.append(answer)
    assert len(got) == 5


def test_stopping_early_leaves_no_thread_behind(film_png):
    before = threading.active_count()
    answers = screen_stream(sources(film_png, 100), FakeScreener, threads=2)
    next(answers)
    answers.close()
    assert threading.active_count() == before


def test_a_model_that_does_not_load_ends_the_reading(film_png):
    def load():
        raise ValueError("no model")

    before = threading.active_count()
    with pytest.raises(ValueError, match="no model"):
        next(screen_stream(sources(film_png, 40), load, threads=2))
    assert threading.active_count() == before


def test_no_sources_give_no_answers():
    assert list(screen_stream([], FakeScreener)) == []


def test_equal_answers_from_the_real_screener(seed_root, film_png):
    from covidweb.screening import Screener

    screener = Screener.load("seed", seed_root)
    items = sources(film_png, 18)
    found = [a.result.probability for a in screen_stream(items, lambda: screener)]
    alone = [screener.screen(read_radiograph(s.read())).probability for s in items]
    assert np.allclose(found, alone, atol=1e-5)
