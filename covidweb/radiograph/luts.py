"""Look-up tables of DICOM files, modality and VOI alike, as they come in the wild.

The descriptor is believed only as far as the data bear it out. Source: DICOM PS3.3 C.11.1.1,
C.11.2.1.1.
"""

import math
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

_ALL = 1 << 16


@dataclass(frozen=True, eq=False)
class LookUpTable:
    """A table of whole numbers.

    Attributes:
        first: the input that the first entry stands for; smaller ones take it too.
        entries: float64 (N,).
        top: the largest value that an entry can have.
        whole: False where the data hold fewer entries than the descriptor says.
    """

    first: int
    entries: np.ndarray
    top: float
    whole: bool = True

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Look up values of any shape; beyond the ends, the end's entry counts."""
        places = np.round(values).astype(np.int64) - self.first
        return self.entries[np.clip(places, 0, len(self.entries) - 1)]


def look_up_table(item: Dataset, signed: bool) -> LookUpTable | None:
    """Read a table from a sequence item, or return None where there is none that works.

    Args:
        item: with LUTDescriptor and LUTData.
        signed: whether the values to be looked up may be negative.
    """
    try:
        stated, first, bits = (int(number) for number in item.LUTDescriptor)
        data = item.LUTData
    except Exception:
        return None
    if not data:
        return None
    count = stated % _ALL or _ALL
    entries = _entries(data, count, "<u2" if item.original_encoding[1] is not False else ">u2")
    if len(entries) < 2:
        return None
    first %= _ALL
    first -= _ALL if signed and first >= _ALL // 2 else 0
    return LookUpTable(first, entries, _top(entries, bits), len(entries) >= count)


def _entries(data: object, count: int, word: str) -> np.ndarray:
    """Return the entries: words, or, where there are half as many, two to a word, low first."""
    if isinstance(data, bytes):
        if len(data) <= count + 1:
            return np.frombuffer(data, np.uint8)[:count].astype(np.float64)
        words = np.frombuffer(data[: len(data) // 2 * 2], word)
    else:
        words = np.asarray([data] if isinstance(data, int) else data).astype(np.uint16)
        if len(words) == (count + 1) // 2 and count > 2:
            return words.astype("<u2").view(np.uint8)[:count].astype(np.float64)
    return words.astype(np.float64)


def _top(entries: np.ndarray, bits: int) -> float:
    """Return the top of the range: the stated bits', unless the entries need more or half of it."""
    largest = float(entries.max())
    needed = max(1, math.ceil(math.log2(largest + 1)))
    fits = bits - 1 <= needed <= bits
    return 2.0 ** (bits if fits else needed) - 1
