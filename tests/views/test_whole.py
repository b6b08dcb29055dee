"""A further click cuts no callback off: nothing is lost, nothing done twice, no click kept back."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, RerunException

from covidweb.radiograph import Source
from covidweb.screening.worklist import Worklist
from covidweb.views import press
from covidweb.views.screen import rail, reading, upload, viewer
from covidweb.views.screen import worklist as lists
from covidweb.views.whole import whole

CUTS = range(12)
"""At which touch of the session's state a further click comes; the last ones never."""


class Cut(dict):
    """A session's state that Streamlit interrupts once, as it does where a click waits."""

    def __init__(self, at: int, **values: object) -> None:
        super().__init__(values)
        self.left, self.cuts = at, 0

    def _touched(self) -> None:
        self.left -= 1
        if self.left == -1:
            self.cuts += 1
            raise RerunException(RerunData())

    def __getitem__(self, key: str) -> object:
        self._touched()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: object) -> None:
        self._touched()
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._touched()
        super().__delitem__(key)

    def __contains__(self, key: object) -> bool:
        self._touched()
        return super().__contains__(key)

    def get(self, key: str, default: object = None) -> object:
        try:
            return self[key]
        except KeyError:
            return default

    def setdefault(self, key: str, default: object = None) -> object:
        try:
            return self[key]
        except KeyError:
            self[key] = default
        return default


@pytest.fixture(params=CUTS)
def done(request, monkeypatch) -> Iterator[Callable[..., Cut]]:
    """Runs a callback on a state that is cut; the click that cut it must be handed on."""

    def run(callback: Callable[[], None], **values: object) -> Cut:
        state = Cut(request.param, **values)
        monkeypatch.setattr(st, "session_state", state)
        try:
            callback()
            assert not state.cuts
        except RerunException:
            assert state.cuts
        state.left = -2
        return state

    return run


def test_the_callback_is_begun_anew_and_the_click_handed_on() -> None:
    tries: list[int] = []

    @whole
    def work(number: int) -> None:
        tries.append(number)
        if len(tries) < 3:
            raise RerunException(RerunData(query_string=str(len(tries))))

    with pytest.raises(RerunException) as last:
        work(7)
    assert tries == [7, 7, 7] and last.value.rerun_data.query_string == "2"
    work(8)
    assert tries == [7, 7, 7, 8]


def test_of_several_clicks_none_is_kept_back(monkeypatch) -> None:
    waiting: list[str] = []
    requests = SimpleNamespace(request_rerun=lambda data: waiting.append(data.query_string))
    context = SimpleNamespace(script_requests=requests)
    monkeypatch.setattr("covidweb.views.whole.get_script_run_ctx", lambda: context)
    clicks = [RerunException(RerunData(query_string=name)) for name in ("a", "b", "c")]
    left = list(clicks)

    @whole
    def work() -> None:
        if left:
            raise left.pop(0)

    with pytest.raises(RerunException) as last:
        work()
    assert waiting == ["a", "b"] and last.value is clicks[-1]


def test_another_error_is_not_swallowed() -> None:
    @whole
    def work() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        work()


def test_every_click_of_the_button_counts_once(done) -> None:
    told: list[int] = []
    state = done(
        lambda: press.count("key", told.append), key={"pressed": {"since": "x", "count": 3}}
    )
    assert told == [3]
    press.count("key", told.append)
    assert told == [3] and dict(state)["key_counted"] == {"x": 3}


def test_simulated_films_touch_no_state(done) -> None:
    films = Worklist()
    done(
        lambda: press.count("key", lambda count: upload.add_samples(films, count)),
        key={"pressed": {"since": "x", "count": 2}},
    )
    assert [film.name for film in films.films] == ["simulated-1.png", "simulated-2.png"]
    assert films.arrived and films.samples == 2


def test_every_upload_comes_once_and_goes_with_its_file(done, film_png) -> None:
    films = Worklist()
    kept = [
        SimpleNamespace(file_id=name, name=f"{name}.png", getvalue=lambda: film_png(1))
        for name in ("a", "b")
    ]
    films.add([Source("old.png", lambda: film_png(1))], upload="old")
    held = {"old"}
    done(lambda: upload._changed(films, "files", True), files=kept, files_held=held)
    assert [film.name for film in films.films] == ["a.png", "b.png"]
    assert held == {"a", "b"} and films.arrived
    upload._changed(films, "files", True)
    assert len(films.films) == 2


def test_a_film_is_picked_and_dropped(done, film_png) -> None:
    films = Worklist()
    one, two = films.add([Source(f"{n}.png", lambda: film_png(1)) for n in "ab"])
    done(lambda: rail._pick(films), screen_rail={"picked": {"id": one}})
    assert films.selected == one
    done(lambda: rail._drop(films), screen_rail={"dropped": [one]})
    assert [film.id for film in films.films] == [two]


def test_the_arrow_keys_go_as_far_as_they_were_pressed(done) -> None:
    steps: list[int] = []
    done(lambda: viewer._went("key", steps.append), key={"went": {"since": "x", "count": -2}})
    assert steps == [-2]


def test_what_the_reader_said_is_kept(done) -> None:
    row = SimpleNamespace(
        film=SimpleNamespace(key="k"), result=SimpleNamespace(verdict="covid", status="ok")
    )
    films = Worklist()
    done(lambda: reading._give(row, "normal", ""), screen_worklist=films)
    assert films.readings["k"].reader == "normal"


def test_the_list_is_cleared_once(done, film_png) -> None:
    films = Worklist()
    films.add([Source("a.png", lambda: film_png(1))])
    state = done(lists.clear, screen_worklist=films, screen_x=1, other=2)
    assert not films.films
    assert dict(state) == {"screen_worklist": films, "other": 2, lists.GENERATION: 1}


def test_the_tab_finds_its_list(done, film_png) -> None:
    films = Worklist()
    films.add([Source("a.png", lambda: film_png(1))])
    lists._lists[films.token] = films
    state = done(lists._take_up, tab_token={"kept": films.token}, screen_worklist=Worklist())
    assert dict(state)["screen_worklist"] is films
