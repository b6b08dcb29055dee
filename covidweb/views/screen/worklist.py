"""The films of one browser session and what each model said about them; gone with the session.

Nothing here is shared between sessions. Bytes are kept up to a limit so that films can be looked
at and taken away; results are kept for all of them, by the sha256 of the bytes and of the weights.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import streamlit as st

from covidweb.errors import ImageError
from covidweb.radiograph import Radiograph, Source, read_radiograph
from covidweb.screening.batch import Batch, Screened, Screens
from covidweb.screening.result import ScreeningResult, Verdict
from covidweb.screening.trust import working_copy

MAX_KEPT = 768 * 1024**2
"""Bytes of films that one session keeps in memory."""

MAX_FILMS = 5_000
"""Rows that one session keeps."""

GENERATION = "screen_generation"
"""Session state's count of clearings: part of the uploader's key, so that it empties too."""

_KEY = "screen_worklist"
_RECENT = 4


@dataclass(frozen=True, eq=False)
class Film:
    """A row's film: its name on the page, the sha256 of its bytes, a thumbnail, its origin.

    `origin` is empty for an upload, else a word for the reader such as `simulated`; `truth` is the
    label of a film that came from the dataset; `key` tells files without bytes apart as well.
    Names are unique within a worklist.
    """

    key: str
    name: str
    sha256: str
    thumbnail: bytes
    origin: str = ""
    truth: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """A film with the chosen model's result."""

    film: Film
    result: ScreeningResult


@dataclass(frozen=True, eq=False)
class _Waiting:
    source: Source
    origin: str
    truth: str


@dataclass(eq=False)
class Worklist:
    """The session's films in the order they came, their bytes, and the results."""

    films: list[Film] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    batch: Batch | None = None
    selected: str | None = None
    _data: dict[str, bytes] = field(default_factory=dict)
    _results: dict[tuple[str, str], ScreeningResult] = field(default_factory=dict)
    _read: dict[str, Radiograph] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _batched: list[_Waiting] = field(default_factory=list)
    _again: list[Film] = field(default_factory=list)
    _batch_model: str = ""
    _stopped: list[_Waiting] = field(default_factory=list)
    _stopped_models: set[str] = field(default_factory=set)

    def add(self, sources: Iterable[Source], origin: str = "", truth: str = "") -> None:
        """Queue sources for screening; `origin` and `truth` as in `Film`."""
        self._waiting += [_Waiting(source, origin, truth) for source in sources]

    def begin(self, screener: Screens, model_sha256: str) -> Batch | None:
        """Start a batch with what waits, else with films this model has not seen; None if idle."""
        if self.batch is not None:
            return self.batch
        self._cap()
        self._again = [] if self._waiting else self.missing(model_sha256)
        self._batched, self._waiting = self._waiting, []
        sources = [waiting.source for waiting in self._batched]
        sources += [self._source(film) for film in self._again]
        self._batch_model = model_sha256
        self.batch = Batch(sources, screener) if sources else None
        return self.batch

    def busy(self, model_sha256: str) -> bool:
        """Whether anything is left to screen with this model."""
        return self.batch is not None or bool(self._waiting) or bool(self.missing(model_sha256))

    def missing(self, model_sha256: str) -> list[Film]:
        """Return the films that this model has not answered for, none after it was stopped."""
        if model_sha256 in self._stopped_models:
            return []
        return [film for film in self.films if (film.key, model_sha256) not in self._results]

    def take(self, rows: list[Screened]) -> None:
        """Put away new rows of the running batch."""
        assert self.batch is not None
        for index, row in enumerate(rows, start=self.batch.done - len(rows)):
            film = self._again[index] if self._again else self._film(row, self._batched[index])
            self._results[film.key, self._batch_model] = row.result

    def end(self) -> None:
        """Close the running batch, keeping aside what a cancelled one left over."""
        if self.batch is not None and self.batch.cancelled:
            self._stopped += self._batched[self.batch.done :]
            if self._again:
                self._stopped_models.add(self._batch_model)
        self.batch = None

    def stopped(self, model_sha256: str) -> int:
        """Return how many films were left over when the reader pressed stop."""
        unseen = [f for f in self.films if (f.key, model_sha256) not in self._results]
        return len(self._stopped) + (len(unseen) if model_sha256 in self._stopped_models else 0)

    def resume(self) -> None:
        """Queue again what was left over."""
        self._waiting, self._stopped = [*self._waiting, *self._stopped], []
        self._stopped_models.clear()

    def rows(self, model_sha256: str) -> list[Row]:
        """Return the films that the model has answered for, in the order they came."""
        found = ((film, self._results.get((film.key, model_sha256))) for film in self.films)
        return [Row(film, result) for film, result in found if result is not None]

    def result(self, film: Film, model_sha256: str) -> ScreeningResult | None:
        """Return one model's result for a film, None when it has not answered."""
        return self._results.get((film.key, model_sha256))

    def data(self, film: Film) -> bytes | None:
        """Return the film's bytes, None where they are no longer kept."""
        return self._data.get(film.sha256)

    def read(self, film: Film) -> Radiograph | None:
        """Return the film at a size for looking at, None where there is none to show."""
        if film.sha256 not in self._read:
            data = self.data(film)
            if data is None or not film.thumbnail:
                return None
            while len(self._read) >= _RECENT:
                self._read.pop(next(iter(self._read)))
            self._read[film.sha256] = working_copy(read_radiograph(data))
        return self._read[film.sha256]

    def reader(self, film: Film) -> Callable[[], bytes]:
        """Return a function that gives the film's bytes, or raises ImageError."""
        return self._source(film).read

    def _source(self, film: Film) -> Source:
        def read() -> bytes:
            data = self.data(film)
            if data is None:
                raise ImageError("This file is no longer kept in memory. Upload it again.")
            return data

        return Source(film.name, read)

    def _cap(self) -> None:
        room = max(0, MAX_FILMS - len(self.films))
        if len(self._waiting) > room:
            self.notes.append(
                f"A session keeps at most {MAX_FILMS:,} films: {len(self._waiting) - room:,} "
                "were left out. Clear the list to go on."
            )
            self._waiting = self._waiting[:room]

    def _film(self, row: Screened, came: _Waiting) -> Film:
        key = row.sha256 if row.data else f"{row.sha256}-{row.name}"
        same = [film for film in self.films if film.key == key and film.name == row.name]
        name = row.name if same else self._free_name(row.name)
        film = Film(key, name, row.sha256, row.thumbnail, came.origin, came.truth)
        if not same:
            self.films.append(film)
            self._keep(row)
        if len(self._batched) == 1:
            self.selected = name
        return same[0] if same else film

    def _free_name(self, name: str) -> str:
        """Return the name, numbered where another film of the session has it."""
        taken = {film.name for film in self.films}
        stem, dot, suffix = name.rpartition(".")
        number, free = 2, name
        while free in taken:
            free = f"{stem} ({number}).{suffix}" if dot else f"{name} ({number})"
            number += 1
        return free

    def _keep(self, row: Screened) -> None:
        if not row.data or row.sha256 in self._data:
            return
        kept = sum(len(data) for data in self._data.values())
        if kept + len(row.data) <= MAX_KEPT:
            self._data[row.sha256] = row.data
        elif _FULL not in self.notes:
            self.notes.append(_FULL)


_FULL = (
    f"The {MAX_KEPT // 1024**2} MiB that one session may keep are full: results go on, but later "
    "films cannot be shown again."
)


def current() -> Worklist:
    """Return this browser session's worklist."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Worklist()
    return st.session_state[_KEY]


def clear() -> None:
    """Forget every film, result and answer of this session."""
    generation = st.session_state.get(GENERATION, 0)
    for key in [k for k in st.session_state if str(k).startswith(("screen_", "reading_"))]:
        del st.session_state[key]
    st.session_state[GENERATION] = generation + 1


def judged(row: Row, threshold: float) -> Row:
    """Return the row with its verdict at another threshold; status and probability stay."""
    if row.result.probability is None:
        return row
    verdict: Verdict = "covid" if row.result.probability >= threshold else "normal"
    return Row(row.film, replace(row.result, verdict=verdict, threshold=threshold))
