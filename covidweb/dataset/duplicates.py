"""Which films are copies: equal bytes, equal pictures, equal fine structure.

A picture's hash is the 256-bit `imagehash.phash`: 64 bits are too few, since chest films look
alike. On the 12,326 films, re-encoding, shrinking and JPEG quality 50 move it by at most 4 bits, a
brightness or gamma change by up to 28, a crop of 2 % by about 42, while different films come no
nearer than 36 but for a handful. Up to `SAME` two hashes are one picture; up to `ALIKE` the fine
structure decides (`similarity`), which also sees through a shift.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from PIL import Image

from covidweb.dataset.facts import read_facts
from covidweb.radiograph import Radiograph

SAME = 34
ALIKE = 64
SIMILAR = 0.7
_BITS = 256
_SIDE = 128
_MARGIN = 24
_BLOCK = 512
_FLAT = 12 / 255


@dataclass(frozen=True)
class Match:
    """A known film that an image is a copy of.

    Attributes:
        image_id, label, set, source: of the known film, as in the manifest.
        kind: `file` for the same bytes, `picture` for the same picture in another file.
        distance: differing bits of 256; 0 for the same bytes.
    """

    image_id: str
    label: str
    set: str
    source: str
    kind: Literal["file", "picture"]
    distance: int


@dataclass(frozen=True, eq=False)
class KnownFilms:
    """The films of the project's manifest of facts, to look an upload up in.

    Attributes:
        table: columns `image_id`, `label`, `set`, `source`, `sha256`.
        hashes: uint64 (N, 4), one picture hash per row.
    """

    table: pd.DataFrame
    hashes: np.ndarray

    @classmethod
    def load(cls, path: Path | None = None) -> "KnownFilms":
        """Read the manifest of facts (the shipped one when no path is given), once per process.

        Raises:
            DataError: it is missing or broken.
        """
        return _load(path)

    def match(self, film: Radiograph) -> Match | None:
        """Return the known film that this one is a copy of, or None.

        Costs some ten milliseconds. A film with an even border added is found too; one cropped by
        more than about 2 % on every side is not.
        """
        same = np.flatnonzero(self.table["sha256"].to_numpy() == film.sha256)
        if len(same):
            return self._row(int(same[0]), "file", 0)
        best, distance = self._nearest(film)
        return self._row(best, "picture", distance) if distance <= SAME else None

    def _nearest(self, film: Radiograph) -> tuple[int, int]:
        found = (0, _BITS)
        if film.pixels.std() < 1e-4 or not len(self.hashes):
            return found
        for pixels in _views(film.pixels):
            distances = hamming(self.hashes, picture_hash(pixels))
            index = int(distances.argmin())
            found = min(found, (index, int(distances[index])), key=lambda pair: pair[1])
        return found

    def _row(self, index: int, kind: Literal["file", "picture"], distance: int) -> Match:
        row = self.table.iloc[index]
        return Match(row["image_id"], row["label"], row["set"], row["source"], kind, distance)


def picture_hash(pixels: np.ndarray) -> np.ndarray:
    """Return the 256-bit perceptual hash of grey pixels (H, W) in 0..1, as uint64 (4,)."""
    import imagehash

    grey = Image.fromarray(np.round(np.asarray(pixels) * 255).astype(np.uint8))
    bits = imagehash.phash(grey, hash_size=16).hash.ravel()
    return np.packbits(bits).view(np.uint64)


def hash_to_text(value: np.ndarray) -> str:
    """Return a hash as 64 hexadecimal digits."""
    return value.tobytes().hex()


def text_to_hashes(texts: pd.Series) -> np.ndarray:
    """Return the hashes of 64 hexadecimal digits each, uint64 (N, 4)."""
    return np.frombuffer(bytes.fromhex("".join(texts)), np.uint64).reshape(len(texts), 4)


def hamming(hashes: np.ndarray, one: np.ndarray) -> np.ndarray:
    """Return how many of the 256 bits differ, int (...,), from uint64 (..., 4) and (..., 4)."""
    return np.asarray(np.bitwise_count(hashes ^ one).sum(axis=-1, dtype=np.int16))


def near_pairs(hashes: np.ndarray, limit: int = ALIKE) -> np.ndarray:
    """Return every pair of rows whose hashes differ by at most `limit` bits.

    Args:
        hashes: uint64 (N, 4).
        limit: bits of 256.

    Returns:
        int (M, 3): row, later row, differing bits.
    """
    found = [np.zeros((0, 3), int)]
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        # Word by word: the full difference of 512 x N x 4 would not stay in the cache.
        bits = np.zeros((len(block), len(hashes) - start), np.int16)
        for word in range(hashes.shape[1]):
            bits += np.bitwise_count(block[:, None, word] ^ hashes[None, start:, word])
        first, second = np.nonzero(np.triu(bits <= limit, 1))
        found.append(np.c_[first + start, second + start, bits[first, second]])
    return np.concatenate(found)


def copies(
    hashes: np.ndarray, read: Callable[[int], np.ndarray], limit: int = ALIKE
) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of rows that are one picture: near hashes, fine structure that agrees.

    Args:
        hashes: uint64 (N, 4).
        read: row -> grey pixels (H, W) in 0..1.
        limit: how many bits may differ for a pair to be looked at.
    """
    detail = lru_cache(maxsize=512)(lambda row: fine_structure(read(row)))
    for first, second, bits in near_pairs(hashes, limit):
        score = similarity(detail(int(first)), detail(int(second)))
        if bits == 0 or score >= SIMILAR:
            yield int(first), int(second), score


def fine_structure(pixels: np.ndarray) -> np.ndarray:
    """Return what is left of a film when its broad shading is gone, float32 (128, 128).

    Args:
        pixels: grey (H, W) in 0..1.
    """
    from scipy.ndimage import gaussian_filter

    grey = Image.fromarray(np.round(np.asarray(pixels) * 255).astype(np.uint8))
    small = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float32)
    return np.asarray(np.clip(small - gaussian_filter(small, 3), -25, 25))


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Return how well the middle of one film is found in another, -1..1; 1 for a copy.

    The normalised cross-correlation of the middle 80 x 80 of 128 x 128, at its best place.

    Args:
        one: `fine_structure` of a film.
        other: likewise.
    """
    from skimage.feature import match_template

    template = one[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    if template.std() < 1e-3 or other.std() < 1e-3:
        return 0.0
    return float(match_template(other, template).max())


def _views(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the film as it is, and without an even border where it has one."""
    yield pixels
    inner = [_inner(pixels, axis) for axis in (0, 1)]
    height, width = pixels.shape
    if inner != [slice(0, height), slice(0, width)]:
        yield pixels[inner[0], inner[1]]


def _inner(pixels: np.ndarray, axis: int) -> slice:
    """Return the range of rows (axis 0) or columns (1) between even borders, at least half."""
    spread = np.ptp(pixels, axis=1 - axis) > _FLAT
    length = len(spread)
    marked = np.flatnonzero(spread)
    if not len(marked) or marked[-1] + 1 - marked[0] < length / 2:
        return slice(0, length)
    return slice(int(marked[0]), int(marked[-1]) + 1)


@lru_cache(maxsize=2)
def _load(path: Path | None) -> KnownFilms:
    facts = read_facts(path)
    facts = facts[facts["phash"] != ""].reset_index(drop=True)
    columns = ["image_id", "label", "set", "source", "sha256"]
    return KnownFilms(facts[columns], text_to_hashes(facts["phash"]))
