"""The upright check: is this one frontal film, and which way up does it lie?

Tilted films are turned upright and plain borders are cut off before anything else looks at them.
Films that lie on their side, upside down or mirrored, pictures of several films, of half a film or
of no chest at all, and lateral views are turned away, each with its own reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from covidweb.bundle import Bundle, read_bundle
from covidweb.errors import ModelError
from covidweb.networks.standard import WHOLE_FILM, Box, reading_copy, shrunk
from covidweb.networks.upright import KINDS, upright_input
from covidweb.radiograph import Radiograph
from covidweb.screening.borders import content_box
from covidweb.screening.line import Shared
from covidweb.screening.networks import network_of
from covidweb.screening.placement import AS_IT_LIES, Placement, lay, shorter_side
from covidweb.screening.result import Finding

BUNDLE = "upright"

DRAFT_SIDE = 256
"""Shorter side, in pixels and without borders, of the copy on which a tilted film is looked at
again: the network reads 96."""

LEAST_TILT = 2.5
"""Films tilted by less are read as they lie, in degrees. Were the limit higher, a film read as it
leans would be read otherwise when it is tilted a little more and then turned upright."""

LOOKS = ((0.0,), (-3.0, 3.0))
"""Degrees from the angle last told at which a tilted film is looked at again; the mean counts."""

MOST_TILT = 30.0
"""Films tilted by more are turned away."""

LEAST_BORDER = 0.08
"""Plain borders are cut off when they take this share of the film's width or height."""

WRONG_KIND = {
    "lateral": "This looks like a lateral view; only frontal films (PA or AP) are assessed.",
    "several": "There is more than one film in this picture; only one film at a time is assessed. "
    "Cut them apart and try again.",
    "part": "This shows only a part of a chest, such as half a film or a single lung; only whole "
    "frontal films are assessed.",
    "other": "This does not look like a chest radiograph.",
}

MIRRORED = (
    "The heart lies on the wrong side: the film is mirrored, or the heart lies on the right "
    "(dextrocardia). Which of the two cannot be told from the film. Mirror it if it is mirrored, "
    "and try again."
)


@dataclass(frozen=True)
class Posture:
    """What the network says of a picture.

    Attributes:
        kinds: probability 0..1 of each of `KINDS`.
        degrees: by which the film is turned clockwise, -180..180, in tenths.
        mirrored: logit that it is mirrored; changes its sign with the film's mirror image.
    """

    kinds: Mapping[str, float]
    degrees: float
    mirrored: float


@dataclass(frozen=True, eq=False)
class Laid:
    """A film as it is to be read.

    Attributes:
        film: at the resolution at which it is read, turned upright and without borders where that
            was needed.
        placement: how it was laid.
        findings: what was found; a film that fails one is not assessed.
    """

    film: Radiograph
    placement: Placement = AS_IT_LIES
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against reading the film."""
        return all(finding.passed for finding in self.findings)

    @property
    def note(self) -> str:
        """What the reader must know of how the film was laid; empty where it was not touched."""
        return _moved_note(self.placement)


class UprightCheck:
    """Lays films with the bundle `upright`; load it once, use it from any thread.

    Threads that ask at the same time share the network's batches.
    """

    def __init__(self, bundle: Bundle, run: Callable[[np.ndarray], np.ndarray]) -> None:
        self.bundle = bundle
        self.size = int(bundle.card.input.size)
        self._run = run
        self._shared = Shared[np.ndarray, Posture](self._answers)

    @classmethod
    def load(cls, root: Path | None = None, name: str = BUNDLE) -> "UprightCheck":
        """Load the bundle from `root`, by default the project's `model/`.

        Raises:
            ModelError: the bundle is missing, damaged, or not an upright check.
        """
        bundle = read_bundle(name, root)
        if bundle.kind != "upright":
            raise ModelError(
                f"'{name}' does not tell which way up a film lies. Received a bundle of "
                f"{bundle.kind}."
            )
        return cls(bundle, network_of(bundle))

    def lay(self, films: Sequence[Radiograph]) -> list[Laid]:
        """Turn tilted films upright, cut borders off, and say what must be turned away.

        The films that come back have the resolution at which they are read.
        """
        rough = [reading_copy(film) for film in films]
        within = [_by_content(film, copy) for film, copy in zip(films, rough, strict=True)]
        small, boxes = [copy for copy, _ in within], [box for _, box in within]
        postures = self.postures(small, boxes)
        placements = [_without_borders(box) for box in boxes]
        laid = [
            lay(finer, placed) if placed.moved else copy
            for finer, placed, copy in zip(small, placements, rough, strict=True)
        ]
        for i, (degrees, posture) in self._told(small, boxes, postures).items():
            laid[i], placements[i] = _turned(small[i], degrees)
            postures[i] = posture
        return [
            Laid(film, placement, self._findings(posture, placement))
            for film, placement, posture in zip(laid, placements, postures, strict=True)
        ]

    def postures(
        self, films: Sequence[Radiograph], boxes: Sequence[Box] | None = None
    ) -> list[Posture]:
        """Return what the network says of films, or of a box of each, without touching them."""
        boxes = boxes or [WHOLE_FILM] * len(films)
        return self._shared(
            lambda: [
                upright_input(film.pixels, self.size, box)
                for film, box in zip(films, boxes, strict=True)
            ]
        )

    def _answers(self, small: list[np.ndarray]) -> list[Posture]:
        """Run the network on one batch and its mirror images, float32 (size, size) each."""
        films = np.stack(small)[..., None]
        answers = self._run(np.concatenate([films, films[:, :, ::-1]])).astype(np.float64)
        return [_posture(*pair) for pair in zip(*np.split(answers, 2), strict=True)]

    def _told(
        self, films: Sequence[Radiograph], boxes: Sequence[Box], postures: Sequence[Posture]
    ) -> dict[int, tuple[float, Posture]]:
        """Return by how many degrees the tilted films are, and what they look like turned back.

        They are looked at again as turned, since the angle is told best near upright.
        """
        found = {i: posture for i, posture in enumerate(postures) if self._tilted(posture)}
        angles = {i: posture.degrees for i, posture in found.items()}
        rough = {i: _draft(films[i], boxes[i]) for i in found}
        for offsets in LOOKS:
            looks = [(i, offset) for i in found for offset in offsets]
            turned = [lay(rough[i], Placement(angles[i] + o), draft=True) for i, o in looks]
            again = self.postures(turned, [content_box(film.pixels) for film in turned])
            for n, i in enumerate(list(found)):
                found[i] = _mean(again[n * len(offsets) :][: len(offsets)], offsets)
                angles[i] = round(angles[i] + found[i].degrees, 1)
        return {i: (angle, found[i]) for i, angle in angles.items()}

    def _tilted(self, posture: Posture) -> bool:
        frontal = 1 - posture.kinds["frontal"] <= self._cutoff("not_frontal")
        return frontal and LEAST_TILT <= abs(posture.degrees) <= MOST_TILT

    def _findings(self, posture: Posture, placement: Placement) -> tuple[Finding, ...]:
        not_frontal, limit = 1 - posture.kinds["frontal"], self._cutoff("not_frontal")
        if not_frontal > limit:
            kind = max(WRONG_KIND, key=lambda name: posture.kinds[name])
            return (Finding("one_film", False, WRONG_KIND[kind], not_frontal, limit),)
        whole = Finding("one_film", True, "It shows one whole frontal film.", not_frontal, limit)
        upright = abs(posture.degrees) <= MOST_TILT
        message = _moved_note(placement) or "It lies upright."
        if not upright:
            message = _wrong_way_up(posture.degrees)
        found = (whole, Finding("upright", upright, message, abs(posture.degrees), MOST_TILT))
        return (*found, self._sides(posture)) if upright else found

    def _sides(self, posture: Posture) -> Finding:
        limit = self._cutoff("mirrored")
        passed = posture.mirrored <= limit
        message = "The heart does not say that it is mirrored." if passed else MIRRORED
        return Finding("sides", passed, message, posture.mirrored, limit)

    def _cutoff(self, name: str) -> float:
        return float(self.bundle.card.cutoffs[name])


def _posture(answers: np.ndarray, mirrored: np.ndarray) -> Posture:
    """Join what is said of a film and of its mirror image: their angles are opposite."""
    count = len(KINDS)
    logits = (answers[:count] + mirrored[:count]) / 2
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    cosine, sine = answers[count] + mirrored[count], answers[count + 1] - mirrored[count + 1]
    return Posture(
        {kind: float(share) for kind, share in zip(KINDS, shares, strict=True)},
        # In tenths: alone or in a batch, a network's last digits differ, and films must not.
        round(float(np.rad2deg(np.arctan2(sine, cosine))), 1),
        float(answers[count + 2] - mirrored[count + 2]) / 2,
    )


def _mean(postures: Sequence[Posture], offsets: Sequence[float]) -> Posture:
    """Join what is said of a film turned by several offsets: its posture without any of them."""
    told = [offset + posture.degrees for posture, offset in zip(postures, offsets, strict=True)]
    return Posture(
        {kind: float(np.mean([p.kinds[kind] for p in postures])) for kind in KINDS},
        round(float(np.mean(told)), 1),
        float(np.mean([posture.mirrored for posture in postures])),
    )


def _by_content(film: Radiograph, rough: Radiograph) -> tuple[Radiograph, Box]:
    """Return the film at the resolution of what lies within its borders, and where that is.

    Args:
        film: as it came.
        rough: its reading copy, the borders counted in.
    """
    box = content_box(rough.pixels)
    if not _without_borders(box).moved:
        return rough, box
    finer = reading_copy(film, _shorter(film, box))
    return finer, content_box(finer.pixels)


def _draft(film: Radiograph, box: Box) -> Radiograph:
    """Return a film at the resolution at which it is looked at again."""
    scale = DRAFT_SIDE / _shorter(film, box)
    return film if scale >= 1 else shrunk(film, scale)


def _turned(film: Radiograph, degrees: float) -> tuple[Radiograph, Placement]:
    """Return a film turned back by an angle, without its plain borders, and how it was laid."""
    whole = lay(film, Placement(degrees))
    kept = content_box(whole.pixels)
    return lay(whole, Placement(box=kept)), Placement(degrees, kept)


def _shorter(film: Radiograph, box: Box) -> float:
    """Return the shorter side of a film's content in pixels."""
    height, width = film.pixels.shape
    return shorter_side(Placement(box=box), (width, height))


def _without_borders(box: Box) -> Placement:
    lost = max(1 - (box[2] - box[0]), 1 - (box[3] - box[1]))
    return Placement(box=box) if lost >= LEAST_BORDER else AS_IT_LIES


def _moved_note(placement: Placement) -> str:
    if placement.degrees:
        way = "clockwise" if placement.degrees > 0 else "anticlockwise"
        return (
            f"The film is tilted {way} by {abs(placement.degrees):.0f} degrees; it was turned "
            "upright before it was read and is shown as turned."
        )
    if placement.moved:
        return "It lies upright. Plain borders were left out when it was read."
    return ""


def _wrong_way_up(degrees: float) -> str:
    turn = abs(degrees)
    if turn > 135:
        how = "The film lies upside down"
    elif turn >= 45:
        how = "The film lies on its side"
    else:
        how = f"The film is tilted by {turn:.0f} degrees"
    return f"{how}; only upright films are assessed. Turn it upright and try again."
