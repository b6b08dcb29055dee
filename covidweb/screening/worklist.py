"""One reader's worklist: films, answers, and a thread of its own that screens what waits.

The page only looks. What is to be done follows from what is there: a film waits while the wanted
model has not answered for it and the reader has not stopped it. So a film added, removed or given
another model in the middle of a step is neither lost nor screened twice. Every method may be
called from any thread.
"""

import logging
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from covidweb.errors import CovidwebError
from covidweb.radiograph import Limits, Radiograph, Source
from covidweb.screening.batch import CHUNK, Screened, Screens, screen_sources
from covidweb.screening.films import Film, Row, Shelf, free_name, full
from covidweb.screening.line import Ticket
from covidweb.screening.reading import Reading
from covidweb.screening.result import ScreeningResult

State = Literal["idle", "loading", "running", "stopped", "failed"]

_RECENT = 2
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """The model that is to answer: the sha256 of its weights, and how to get it."""

    sha256: str
    load: Callable[[], Screens]


@dataclass(frozen=True)
class Progress:
    """Where a worklist stands.

    Attributes:
        state: `idle` (nothing waits), `loading` (the model), `running`, `stopped` (by the reader,
            with films left over) or `failed` (the model cannot be loaded; `problem` says why).
        done: films answered since this run began. total: those and the ones that wait.
        left: films that wait, or were left over by a stop.
        seconds_left: by the pace so far; None before the first film is done.
        version: rises with every change of films or answers.
        ahead: films of other readers that come before the next of these.
    """

    state: State
    done: int
    total: int
    left: int
    seconds_left: float | None
    problem: str
    version: int
    ahead: int = 0


@dataclass(frozen=True, eq=False)
class _Step:
    model: Model
    films: list[Film]
    sources: list[Source]


@dataclass(eq=False)
class Worklist:
    """Films in the order they came, and what each model said of them.

    Attributes:
        token: names this worklist to the browser tab that holds it; nobody can guess it.
        selected: the id of the film that the reader wants to see: the one that came last by
            itself, unless they chose another; None leaves it to the page.
        readings: what the reader said before seeing the answer, by the film's key.
        samples: simulated films that the reader has asked for.
        arrived: films came, and no page has shown them yet.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    selected: int | None = None
    readings: dict[str, Reading] = field(default_factory=dict)
    samples: int = 0
    arrived: bool = False
    _films: dict[int, Film] = field(default_factory=dict)
    _sources: dict[int, Source] = field(default_factory=dict)
    _results: dict[tuple[int, str], ScreeningResult] = field(default_factory=dict)
    _held: set[int] = field(default_factory=set)
    _notes: list[str] = field(default_factory=list)
    _shelf: Shelf = field(default_factory=Shelf)
    _recent: dict[str, Radiograph] = field(default_factory=dict)
    _model: Model | None = None
    _thread: threading.Thread | None = None
    _loading: bool = False
    _problem: str = ""
    _done: int = 0
    _began: float = 0.0
    _next: int = 1
    _version: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ticket: Ticket = field(default_factory=Ticket)

    @property
    def films(self) -> list[Film]:
        """All films, answered or not, in the order they came."""
        with self._lock:
            return list(self._films.values())

    @property
    def notes(self) -> list[str]:
        """Sentences for the reader about what was left out."""
        with self._lock:
            return list(self._notes)

    def note(self, sentence: str) -> None:
        """Add a sentence for the reader, once."""
        with self._lock:
            if sentence and sentence not in self._notes:
                self._notes.append(sentence)

    def add(
        self,
        sources: Iterable[Source],
        origin: str = "",
        truth: str = "",
        seed: int | None = None,
        upload: str = "",
    ) -> list[int]:
        """Take films in, to be screened at once; the arguments are as in `Film`.

        Returns:
            Their ids; films over `Limits.session_films` are left out, and a note says so.
        """
        with self._lock:
            came = self._within_limit(list(sources))
            taken = {film.name for film in self._films.values()}
            ids = []
            for source in came:
                name = free_name(source.name, taken)
                taken.add(name)
                film = Film(self._next, name, source.name, origin, truth, seed, upload)
                self._films[film.id], self._sources[film.id] = film, source
                ids.append(film.id)
                self._next += 1
            self.arrived = self.arrived or bool(ids)
            if len(ids) == 1:
                self.selected = ids[0]
            self._changed()
            return ids

    def remove(self, ids: Collection[int]) -> None:
        """Forget films with their bytes and answers, also in the middle of screening them."""
        with self._lock:
            for number in ids:
                film = self._films.pop(number, None)
                if film is not None:
                    self._forget(film)
            if self.selected not in self._films:
                self.selected = None
            self._changed()

    def remove_uploads(self, uploads: Collection[str]) -> None:
        """Forget the films that came with some uploads."""
        with self._lock:
            self.remove([f.id for f in self._films.values() if f.upload and f.upload in uploads])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.remove(list(self._films))
            self._notes.clear()
            self._held.clear()
            self.readings.clear()
            self.samples, self.arrived = 0, False
            self._problem = ""

    def use(self, model: Model) -> None:
        """Have every film answered by this model; answers of other models are kept."""
        with self._lock:
            if self._model is None or self._model.sha256 != model.sha256:
                self._model, self._problem, self._done = model, "", 0
                self._began = time.monotonic()
                self._changed()

    def stop(self) -> None:
        """Leave over what waits; answers already being made still come in."""
        with self._lock:
            self._held.update(film.id for film in self._waiting())
            self._changed()

    def resume(self) -> None:
        """Go on with what was left over, or try a model again that could not be loaded."""
        with self._lock:
            self._held.clear()
            self._problem = ""
            self._changed()

    def progress(self) -> Progress:
        """Return where the worklist stands with the model in use."""
        with self._lock:
            waiting = len(self._waiting())
            left = [n for n in self._held if not self._answered(n)]
            state = self._state(waiting, len(left))
            pace = (time.monotonic() - self._began) / self._done if self._done else None
            return Progress(
                state,
                self._done,
                self._done + waiting,
                waiting if state in ("running", "loading", "failed") else len(left),
                None if pace is None else pace * waiting,
                self._problem,
                self._version,
                self._ticket.ahead or 0,
            )

    def rows(self, model_sha256: str) -> list[Row]:
        """Return the films that a model has answered for, in the order they came."""
        with self._lock:
            found = [(f, self._results.get((f.id, model_sha256))) for f in self._films.values()]
        return [Row(film, result) for film, result in found if result is not None]

    def result(self, film: Film, model_sha256: str) -> ScreeningResult | None:
        """Return one model's result for a film, None when it has not answered."""
        with self._lock:
            return self._results.get((film.id, model_sha256))

    def data(self, film: Film) -> bytes | None:
        """Return a film's bytes, None where they are not kept."""
        with self._lock:
            return self._shelf.get(film.sha256)

    def read(self, film: Film) -> Radiograph | None:
        """Return a film's radiograph, None where there is none to show."""
        with self._lock:
            known = self._recent.get(film.key)
        if known is not None:
            return known
        read = self._shelf.film(film)
        if read is not None:
            with self._lock:
                while len(self._recent) >= _RECENT:
                    self._recent.pop(next(iter(self._recent)))
                self._recent[film.key] = read
        return read

    def wait(self, seconds: float) -> bool:
        """Wait until the thread rests; False when it still works after `seconds`."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def step(self) -> bool:
        """Screen the next few films; False, and the thread may end, when nothing waits."""
        step = self._claim()
        if step is None:
            return False
        try:
            screener = step.model.load()
        except CovidwebError as error:
            self._fail(str(error))
            return True
        except Exception:
            _LOG.exception("A model could not be loaded for a reason not foreseen.")
            self._fail("The model could not be loaded.")
            return True
        with self._lock:
            self._loading = False
        with self._ticket.held():
            rows = screen_sources(step.sources, screener)
        self._settle(step, rows)
        return True

    def _claim(self) -> _Step | None:
        with self._lock:
            films = self._waiting()[:CHUNK]
            if not films or self._model is None or self._problem:
                self._thread = None
                return None
            self._loading = not self._done
            sources = [self._sources.get(f.id) or self._shelf.source(f) for f in films]
            return _Step(self._model, films, sources)

    def _settle(self, step: _Step, rows: list[Screened]) -> None:
        """Put answers away; what was removed meanwhile stays removed."""
        with self._lock:
            for film, row in zip(step.films, rows, strict=True):
                if film.id in self._films:
                    self._put(film.id, row, step.model.sha256)
                    self._done += step.model is self._model
            self._version += 1

    def _put(self, number: int, row: Screened, model_sha256: str) -> None:
        if self._sources.pop(number, None) is not None:
            film = replace(self._films[number], sha256=row.sha256, thumbnail=row.thumbnail)
            if row.data and self._same(film):
                return
            self._films[number] = film
            if row.data and not self._shelf.put(row.sha256, row.data):
                self.note(full())
        self._held.discard(number)
        self._results[number, model_sha256] = row.result

    def _same(self, film: Film) -> bool:
        """Drop a film that is here already, under the same name and with the same bytes."""
        for other in self._films.values():
            if other.sha256 == film.sha256 and other.given == film.given and other.id != film.id:
                if self.selected == film.id:
                    self.selected = other.id
                del self._films[film.id]
                self._held.discard(film.id)
                return True
        return False

    def _fail(self, problem: str) -> None:
        with self._lock:
            self._problem, self._loading = problem, False
            self._version += 1

    def _state(self, waiting: int, left: int) -> State:
        if self._problem and waiting:
            return "failed"
        if waiting and self._model is not None:
            return "loading" if self._loading else "running"
        return "stopped" if left else "idle"

    def _waiting(self) -> list[Film]:
        return [
            f for f in self._films.values() if f.id not in self._held and not self._answered(f.id)
        ]

    def _answered(self, number: int) -> bool:
        return self._model is not None and (number, self._model.sha256) in self._results

    def _forget(self, film: Film) -> None:
        self._sources.pop(film.id, None)
        self._held.discard(film.id)
        self._recent.pop(film.key, None)
        self.readings.pop(film.key, None)
        for key in [key for key in self._results if key[0] == film.id]:
            del self._results[key]
        if all(other.sha256 != film.sha256 for other in self._films.values()):
            self._shelf.drop(film.sha256)

    def _within_limit(self, sources: list[Source]) -> list[Source]:
        most = Limits().session_films
        room = max(0, most - len(self._films))
        if len(sources) > room:
            self.note(
                f"A session keeps at most {most:,} films: {len(sources) - room:,} "
                "were left out. Clear the list to go on."
            )
        return sources[:room]

    def _changed(self) -> None:
        """Note a change, and see that a thread works while something waits."""
        self._version += 1
        if self._thread is None and self._model is not None and self._waiting():
            self._done, self._began = 0, time.monotonic()
            self._thread = threading.Thread(
                target=_work, args=(weakref.ref(self),), name="worklist", daemon=True
            )
            self._thread.start()


def _work(list_of_films: "weakref.ref[Worklist]") -> None:
    """Step until nothing waits, or until nobody holds the worklist any more."""
    while (worklist := list_of_films()) is not None and worklist.step():
        del worklist
