"""What one batch teaches: opacity within sources, COVID-19 across them.

An opacity lesson compares sick and well films of the same source: children's pneumonia against
children's normals, NIH against NIH, and normal films of every source with and without an inserted
opacity, whose place is known. So no lesson can be learned from where a film was taken. COVID-19
against normal is such a trap, and only a small head learns it.

Every film of every epoch is drawn and changed by a generator seeded with (seed, epoch, batch), so
the same seed gives the same training, also after a kill.
"""

from dataclasses import dataclass, field

import keras
import numpy as np

from covidweb.networks.classifier import STRIDE
from covidweb.training.classifier.augment import Strength, placed, restyled, with_opacity
from covidweb.training.classifier.pool import Pool

COVID_SOURCES = ("bimcv", "bimcv_mixed", "cxnet", "ieee8023")
NORMAL_SOURCES = ("rsna", "openist", "kermany", "nih")


@dataclass(frozen=True)
class Lesson:
    """One kind of film in a batch.

    Attributes:
        films: how many a batch has.
        index: rows of the pool to draw from.
        opacity: 1 sick, 0 well, None when unknown.
        covid: 1 or 0 for the COVID head, None where the film says nothing on it.
        insert: probability of inserting an opacity, which makes `opacity` 1 and `covid` None.
        source: where its films come from.
    """

    films: int
    index: np.ndarray
    opacity: float | None
    covid: float | None = None
    insert: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Mix:
    """How many films of each kind a batch has."""

    covid: tuple[tuple[str, int], ...] = tuple(zip(COVID_SOURCES, (4, 2, 2, 2), strict=True))
    pool_normals: tuple[tuple[str, int], ...] = (("rsna", 13), ("openist", 7))
    paediatric: int = 5
    nih: int = 3
    other_normals: tuple[tuple[str, int], ...] = (("kermany", 3), ("nih", 2))
    insert: float = 0.5


def make_lessons(pool: Pool, part: str, mix: Mix, hold_out: tuple[str, ...] = ()) -> list[Lesson]:
    """Return the kinds of film of a batch, from one part of the split.

    Args:
        pool: the films.
        part: `train`, `validation` or `test`.
        mix: how many of each kind.
        hold_out: sources to leave out.
    """

    def rows(set_name: str | tuple[str, ...], source: str, label: str) -> np.ndarray:
        return pool.where(set=set_name, source=source, label=label, split=part)

    pool_set, young, nih = "train_pool", "auxiliary_paediatric", "auxiliary_nih"
    found = [Lesson(n, rows(pool_set, s, "covid"), None, 1.0, source=s) for s, n in mix.covid]
    found += [
        Lesson(n, rows(pool_set, s, "normal"), 0.0, 0.0, mix.insert, s) for s, n in mix.pool_normals
    ]
    for name, source, n in ((young, "kermany", mix.paediatric), (nih, "nih", mix.nih)):
        found += [Lesson(n, rows(name, source, "pneumonia"), 1.0, source=source)]
        found += [Lesson(n, rows(name, source, "normal"), 0.0, source=source)]
    found += [
        Lesson(n, rows((young, nih), s, "normal"), 0.0, None, mix.insert, s)
        for s, n in mix.other_normals
    ]
    return [x for x in found if x.films and len(x.index) and x.source not in hold_out]


@dataclass
class Batch:
    """Arrays that grow film by film and end as what `fit` wants."""

    cells: int
    adversary: bool = False
    films: list[np.ndarray] = field(default_factory=list)
    opacity: list[tuple[float, float]] = field(default_factory=list)
    covid: list[tuple[float, float]] = field(default_factory=list)
    places: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    sources: list[tuple[int, float]] = field(default_factory=list)

    def add(
        self, film: np.ndarray, lesson: Lesson, extent: np.ndarray | None, sick: float | None
    ) -> None:
        """Add a film, float32 (S, S, 2), with the extent of what was inserted, (S, S) or None."""
        self.films.append(film)
        self.opacity.append((sick or 0.0, float(sick is not None)))
        covid = None if extent is not None else lesson.covid
        self.covid.append((covid or 0.0, float(covid is not None)))
        well = sick == 0.0 and lesson.source in NORMAL_SOURCES
        self.sources.append((NORMAL_SOURCES.index(lesson.source) if well else 0, float(well)))
        known = sick == 0.0 or extent is not None
        blank = np.zeros((self.cells, self.cells), np.float32)
        place = blank if extent is None else _by_cells(extent)
        lungs = _by_cells(film[..., 1])
        self.places.append((place, lungs if known else blank))

    def arrays(self) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Return inputs, targets and weights."""
        opacity, covid, source = (
            np.array(values, np.float32) for values in (self.opacity, self.covid, self.sources)
        )
        place = np.stack([p for p, _ in self.places])[..., None]
        weight = np.stack([w for _, w in self.places])
        targets = {"opacity": opacity[:, :1], "covid": covid[:, :1], "place": place}
        weights = {"opacity": opacity[:, 1], "covid": covid[:, 1], "place": weight}
        if self.adversary:
            targets["source"], weights["source"] = source[:, :1], source[:, 1]
        return np.stack(self.films), targets, weights


class Lessons(keras.utils.PyDataset):
    """Batches of one epoch at a time; call `start(epoch)` before each."""

    def __init__(
        self,
        pool: Pool,
        lessons: list[Lesson],
        batches: int,
        size: int,
        seed: int,
        how: Strength | None = None,
        adversary: bool = False,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=12)
        self._pool, self._lessons, self._batches = pool, lessons, batches
        self._size, self._seed, self._how = size, seed, how or Strength()
        self._adversary = adversary
        self._epoch = 0
        self._donors = np.concatenate([lesson.index for lesson in lessons])

    def start(self, epoch: int) -> None:
        """Choose the epoch that the next batches belong to."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, number: int) -> tuple:
        rng = np.random.default_rng((self._seed, self._epoch, number))
        batch = Batch(self._size // STRIDE, self._adversary)
        for lesson in self._lessons:
            for row in rng.choice(lesson.index, lesson.films):
                self._add(batch, lesson, int(row), rng)
        return batch.arrays()

    def _add(self, batch: Batch, lesson: Lesson, row: int, rng: np.random.Generator) -> None:
        film = placed(self._pool.crops[row], self._pool.frames[row], self._size, rng, self._how)
        sick, extent = lesson.opacity, None
        if rng.random() < lesson.insert:
            inserted = with_opacity(film, rng)
            if inserted is not None:
                (film, extent), sick = inserted, 1.0
        donor = self._pool.inputs[int(rng.choice(self._donors))]
        batch.add(restyled(film, donor, rng, self._how), lesson, extent, sick)


def _by_cells(values: np.ndarray) -> np.ndarray:
    """Average float (S, S) over the network's cells: float32 (S/8, S/8)."""
    cells = len(values) // STRIDE
    blocks = values.reshape(cells, STRIDE, cells, STRIDE)
    return blocks.mean(axis=(1, 3), dtype=np.float32)
