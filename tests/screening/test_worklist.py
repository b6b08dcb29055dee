import gc
import threading
import time
import weakref

import pytest

from covidweb.errors import ImageError, ModelError
from covidweb.radiograph import Limits, Source
from covidweb.screening import worklist as module
from covidweb.screening.result import ModelId, ScreeningResult
from covidweb.screening.worklist import Model, Worklist

A, B = "a" * 64, "b" * 64


class FakeScreener:
    """Answers by the film's mean grey; waits at a gate where a test wants it to."""

    def __init__(self, sha256=A, gate=None, arrived=None):
        self.model, self.gate, self.arrived = ModelId("made-up", sha256), gate, arrived
        self.seen = 0

    def screen_many(self, radiographs):
        if self.arrived:
            self.arrived.set()
        if self.gate:
            assert self.gate.wait(20)
        self.seen += len(radiographs)
        return [
            ScreeningResult("ok", 0.5, self.model, "normal", float(film.pixels.mean()))
            for film in radiographs
        ]

    def failure(self, reason):
        return ScreeningResult("error", 0.5, self.model, reason=reason)


@pytest.fixture
def held():
    """A screener that waits until `gate` is set, and tells by `arrived` that it was asked."""
    gate, arrived = threading.Event(), threading.Event()
    yield FakeScreener(A, gate, arrived)
    gate.set()


def sources(film_png, *seeds):
    return [Source(f"{i}.png", lambda i=i: film_png(i, (64, 64))) for i in seeds]


def using(screener):
    return Model(screener.model.sha256, lambda: screener)


def started(screener):
    worklist = Worklist()
    worklist.use(using(screener))
    return worklist


def test_films_are_screened_without_anybody_looking(film_png):
    worklist = started(FakeScreener())
    ids = worklist.add(sources(film_png, *range(7)))
    assert worklist.wait(20)
    assert [row.film.id for row in worklist.rows(A)] == ids
    now = worklist.progress()
    assert (now.state, now.done, now.left) == ("idle", 7, 0)
    assert worklist.data(worklist.films[0]) == film_png(0, (64, 64))
    assert worklist.read(worklist.films[0]).pixels.shape == (64, 64)


def test_every_film_counts_however_many_threads_add_them(film_png):
    worklist = started(FakeScreener())
    data = [film_png(i, (64, 64)) for i in range(40)]

    def add(start):
        for i in range(start, 40, 4):
            worklist.add([Source("film.png", lambda i=i: data[i])])

    threads = [threading.Thread(target=add, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while worklist.progress().left:
        worklist.wait(20)
    rows = worklist.rows(A)
    assert len(rows) == 40 and len({row.film.name for row in rows}) == 40


def test_stop_leaves_over_what_waits_and_resume_goes_on(film_png, held):
    worklist = started(held)
    worklist.add(sources(film_png, *range(10)))
    assert held.arrived.wait(20)
    worklist.stop()
    assert worklist.progress().state == "stopped", "while its batch still stands in the network"
    held.gate.set()
    assert worklist.wait(20)
    now = worklist.progress()
    assert now.state == "stopped" and now.left == 10 - module.CHUNK
    assert len(worklist.rows(A)) == module.CHUNK
    worklist.resume()
    assert worklist.wait(20)
    assert worklist.progress().state == "idle" and len(worklist.rows(A)) == 10


def test_a_film_removed_while_it_is_screened_stays_removed(film_png, held):
    worklist = started(held)
    first, second, third = worklist.add(sources(film_png, 1, 2, 3))
    assert held.arrived.wait(20)
    worklist.remove([second])
    held.gate.set()
    assert worklist.wait(20)
    assert [row.film.id for row in worklist.rows(A)] == [first, third]
    assert worklist.progress().state == "idle"


def test_the_films_of_an_upload_go_with_it_and_their_bytes_too(film_png):
    worklist = started(FakeScreener())
    worklist.add(sources(film_png, 1, 2), upload="zip")
    worklist.add(sources(film_png, 3), upload="file")
    assert worklist.wait(20)
    gone = worklist.films[0]
    worklist.remove_uploads({"zip"})
    assert [film.name for film in worklist.films] == ["3.png"]
    assert worklist.data(gone) is None and worklist.selected == worklist.films[0].id
    worklist.remove([worklist.films[0].id])
    assert worklist.selected is None


def test_a_model_switched_in_mid_batch_answers_for_every_film(film_png, held):
    worklist, other = started(held), FakeScreener(B)
    worklist.add(sources(film_png, *range(6)))
    assert held.arrived.wait(20)
    worklist.use(using(other))
    held.gate.set()
    assert worklist.wait(20)
    assert len(worklist.rows(B)) == 6 and len(worklist.rows(A)) == module.CHUNK
    worklist.use(using(held))
    assert worklist.wait(20)
    assert len(worklist.rows(A)) == 6
    assert held.seen == 6 and other.seen == 6


def test_a_model_that_cannot_be_loaded_is_said_and_can_be_tried_again(film_png):
    broken = [True]

    def load():
        if broken:
            raise ModelError("The weights do not match the card.")
        return FakeScreener()

    worklist = Worklist()
    worklist.use(Model(A, load))
    worklist.add(sources(film_png, 1))
    assert worklist.wait(20)
    now = worklist.progress()
    assert now.state == "failed" and "do not match" in now.problem and now.left == 1
    broken.clear()
    worklist.resume()
    assert worklist.wait(20)
    assert worklist.progress().state == "idle" and len(worklist.rows(A)) == 1


def test_the_same_file_twice_is_one_film_and_another_of_its_name_is_numbered(film_png):
    worklist = started(FakeScreener())
    worklist.add(sources(film_png, 1))
    assert worklist.wait(20)
    worklist.add(sources(film_png, 1))
    worklist.add([Source("1.png", lambda: film_png(2, (64, 64)))])
    assert worklist.wait(20)
    assert [film.given for film in worklist.films] == ["1.png", "1.png"]
    assert len({film.name for film in worklist.films}) == 2
    assert worklist.progress().state == "idle"


def test_files_that_give_no_film_keep_their_rows(film_png):
    def broken():
        raise ImageError("This file is broken.")

    worklist = started(FakeScreener())
    worklist.add([Source("a", broken), Source("b", lambda: b"text"), *sources(film_png, 1)])
    assert worklist.wait(20)
    statuses = [row.result.status for row in worklist.rows(A)]
    assert statuses == ["error", "error", "ok"]
    assert worklist.read(worklist.films[0]) is None


def test_too_many_films_and_too_many_bytes_are_said(film_png, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MAX_SESSION_FILMS", "2")
    monkeypatch.setattr(Limits, "session_bytes", len(film_png(0, (64, 64))) + 9)
    worklist = started(FakeScreener())
    worklist.add(sources(film_png, 0, 1, 2))
    assert worklist.wait(20)
    assert len(worklist.rows(A)) == 2
    assert "at most" in worklist.notes[0] and "are full" in worklist.notes[1]
    assert worklist.data(worklist.films[1]) is None


def test_clear_forgets_everything(film_png):
    worklist = started(FakeScreener())
    worklist.add(sources(film_png, 1, 2))
    assert worklist.wait(20)
    film = worklist.films[0]
    worklist.clear()
    assert not worklist.films and not worklist.rows(A) and worklist.data(film) is None
    assert worklist.progress().state == "idle" and worklist.selected is None


def test_nothing_goes_on_for_a_reader_who_has_gone(film_png, held):
    worklist = started(held)
    worklist.add(sources(film_png, *range(50)))
    assert held.arrived.wait(20)
    thread, gone = worklist._thread, weakref.ref(worklist)
    del worklist
    held.gate.set()
    thread.join(20)
    gc.collect()
    assert not thread.is_alive() and gone() is None
    assert held.seen <= module.CHUNK


def test_a_reader_sees_how_many_films_of_others_come_first(film_png):

    from covidweb.screening.line import Line

    line, inside, leave = Line(room=4), threading.Event(), threading.Event()

    class Standing(FakeScreener):
        def screen_many(self, radiographs):
            with line.turn(len(radiographs)):
                return super().screen_many(radiographs)

    def other():
        with line.turn(3):
            inside.set()
            assert leave.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(30)
    worklist = Worklist()
    screener = Standing()
    worklist.use(Model("a" * 64, lambda: screener))
    worklist.add([Source(f"{i}.png", lambda i=i: film_png(i)) for i in range(2)])
    deadline = time.monotonic() + 30
    while not worklist.progress().ahead and time.monotonic() < deadline:
        time.sleep(0.005)
    assert worklist.progress().ahead == 3
    leave.set()
    assert worklist.wait(30) and worklist.progress().ahead == 0
    thread.join(30)
