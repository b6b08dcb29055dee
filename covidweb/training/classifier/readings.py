"""Films as they might have been read: lain, framed or copied a little otherwise, all of them there.

A film that is tilted and turned upright again, framed by other borders or compressed once more is
the same film. Its detail of a pixel or two changes with each, and the lungs are cut out a little
otherwise.
"""

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from covidweb.training.classifier.augment import placement
from covidweb.training.classifier.lessons import Lesson
from covidweb.training.classifier.pool import CUT_OUT, Pool
from covidweb.training.classifier.strength import Strength
from covidweb.training.classifier.style import restyled

_COARSEST = 0.55
"""Share of a crop's side in pixels that the coarsest film has."""

_KERNELS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)

Reading = tuple[np.ndarray, bool]
"""A film uint8 (S, S, 2) or float32 (S, S, 2) in 0..1, and whether it is mirrored."""


@dataclass(frozen=True)
class Changes:
    """What may befall a film between two readings; probabilities are per film.

    Attributes:
        none: probability that it is read exactly as it is.
        turned: probability that it was tilted and turned upright again.
        tilt: largest such tilt in degrees.
        coarse: probability that a film which was turned has fewer pixels than the network reads,
            so that turning it costs more of its detail.
        restyled: probability that `how` changes its grey levels, sharpness, grain and compression.
        how: also how far off the frame lies: turned, zoomed, shifted; and mirrored.
    """

    none: float = 0.2
    turned: float = 0.6
    tilt: float = 12.0
    coarse: float = 0.0
    restyled: float = 0.65
    how: Strength = field(
        default_factory=lambda: Strength(
            turn=2.0,
            zoom=0.03,
            shift=0.02,
            borrow=0.25,
            equalise=0.1,
            curve=0.2,
            shade=0.03,
            blur=0.3,
        )
    )


@dataclass(frozen=True, eq=False)
class Reader:
    """Draws batches of films as they might have been read; it can be sent to another process.

    Attributes:
        pool: the films.
        lessons: kinds of film with the rows to draw from.
        seed: of the draws, with epoch and batch.
        changes: what may befall a film.
    """

    pool: Pool
    lessons: tuple[Lesson, ...]
    seed: int
    changes: Changes

    def draw(self, epoch: int, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return one batch: rows int (N,), films float32 (N, S, S, 2) in 0..1, and bool (N,),
        whether each is mirrored."""
        rng = np.random.default_rng((self.seed, 13, epoch, number))
        # Two BLAS threads that wait for each other make a changed film ten times as slow.
        with threadpool_limits(1, user_api="blas"):
            rows = np.concatenate([rng.choice(o.index, o.plan.films) for o in self.lessons])
            films, mirrored = zip(*(self.film(int(row), rng) for row in rows), strict=True)
        return rows, np.stack(films), np.array(mirrored)

    def film(self, row: int, rng: np.random.Generator) -> Reading:
        """Return one film, float32 (S, S, 2) in 0..1, and whether it is mirrored."""
        if rng.random() < self.changes.none:
            film, mirrored = np.asarray(self.pool.inputs[row]), bool(rng.random() < 0.5)
            return _unit(film[:, ::-1] if mirrored else film), mirrored
        film, mirrored = self._framed(row, rng)
        if rng.random() >= self.changes.restyled:
            return _unit(film), mirrored
        donor = self.pool.crops[int(rng.choice(self._whole))]
        return restyled(film, donor, rng, self.changes.how), mirrored

    def _framed(self, row: int, rng: np.random.Generator) -> Reading:
        """Cut uint8 (S, S, 2) out of a crop, after turning the crop there and back."""
        crop, size = np.ascontiguousarray(self.pool.crops[row]), self.pool.inputs.shape[1]
        side = len(crop)
        matrix = placement(side, self.pool.frames[row], size, rng, self.changes.how)
        mirrored = bool(np.linalg.det(matrix[:, :2]) < 0)
        kernel = cv2.INTER_LINEAR
        if rng.random() < self.changes.turned:
            # At 0 no number is drawn for it: such plans draw the films that they always drew.
            if self.changes.coarse and rng.random() < self.changes.coarse:
                crop, matrix = _coarser(crop, matrix, rng.uniform(_COARSEST, 1.0))
                side = len(crop)
            degrees = self.changes.tilt * rng.uniform(-1, 1)
            middle = ((side - 1) / 2, (side - 1) / 2)
            turn = cv2.getRotationMatrix2D(middle, degrees, 1.0)
            crop = cv2.warpAffine(crop, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
            matrix = turn @ np.vstack([matrix, [0, 0, 1]])
            kernel = _KERNELS[int(rng.integers(len(_KERNELS)))]
        flags = kernel | cv2.WARP_INVERSE_MAP
        border = cv2.BORDER_REPLICATE
        return cv2.warpAffine(crop, matrix, (size, size), flags=flags, borderMode=border), mirrored

    @cached_property
    def _whole(self) -> np.ndarray:
        """Rows whose grey levels may be borrowed: whole films."""
        rows = np.concatenate([lesson.index for lesson in self.lessons])
        return np.asarray(rows[(self.pool.rows["set"] != CUT_OUT).to_numpy()[rows]])


def _coarser(crop: np.ndarray, matrix: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a crop with fewer pixels, and what cuts the same out of it as `matrix` (2, 3) did."""
    side = round(len(crop) * share)
    share = side / len(crop)
    half = (share - 1) / 2
    smaller = np.array([[share, 0, half], [0, share, half]])
    return (
        cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA),
        smaller @ np.vstack([matrix, [0, 0, 1]]),
    )


def _unit(film: np.ndarray) -> np.ndarray:
    return np.asarray(film, np.float32) / 255
