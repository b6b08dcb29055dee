"""The grey picture of a DICOM film, as a viewer would show it.

In order: stored bits, padding, modality LUT or rescale, VOI LUT or window, presentation. Each is
done to the table of the film's samples (`levels.Levels`). Source: DICOM PS3.3 C.7.6.3.1.2, C.7.5.1
(padding), C.11.1, C.11.2, C.11.6.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from pydicom.dataset import Dataset

from covidweb.radiograph.elements import first_number, items, numbers, whole, word
from covidweb.radiograph.levels import Levels, body
from covidweb.radiograph.luts import LookUpTable, look_up_table
from covidweb.radiograph.scale import stretch

_MOST_PADDING = 0.9
_MOST_OVERLAY = 0.5
_FLAT, _FEW = 1, 4

Curve = Callable[[np.ndarray], np.ndarray]


def grey_film(samples: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Turn stored samples (H, W) into grey, float32 (H, W) in 0..1; padding is black."""
    levels = Levels.of(samples)
    padded = _padding(levels, dataset)
    counts = np.where(padded, 0, levels.counts)
    values = _modality(_stored(levels, dataset), dataset)
    grey = _displayed(values, counts, samples.dtype.itemsize, dataset)
    if _is_inverse(dataset):
        grey = 1 - grey
    return levels.paint(np.where(padded, 0.0, grey))


def _stored(levels: Levels, dataset: Dataset) -> np.ndarray:
    """Return the values of the stored bits alone, without overlays in those above them.

    Bits below them (left-justified samples) are shifted out, where the samples need the room.
    """
    allocated, stored = whole(dataset, "BitsAllocated") or 16, whole(dataset, "BitsStored") or 16
    signed = whole(dataset, "PixelRepresentation") == 1
    if not 1 <= stored < allocated <= 16 or len(levels.values) > 1 << allocated:
        return levels.values
    bits = levels.values.astype(np.int64) & ((1 << allocated) - 1)
    high = whole(dataset, "HighBit")
    shift = 0 if high is None else max(0, min(high, allocated - 1) + 1 - stored)
    held = bits[(levels.counts > 0) & ~_negative(bits, stored, allocated, signed)]
    is_wide = bool(held.size) and int(held.max()) >= 1 << stored
    if shift and is_wide:
        bits = bits >> shift
    elif is_wide and _share(levels, bits, stored, allocated, signed) > _MOST_OVERLAY:
        return levels.values
    kept = bits & ((1 << stored) - 1)
    sign = 1 << (stored - 1)
    return ((kept ^ sign) - sign if signed else kept).astype(np.float64)


def _negative(bits: np.ndarray, stored: int, allocated: int, signed: bool) -> np.ndarray:
    """Tell samples whose upper bits merely repeat the sign."""
    above = ((1 << allocated) - 1) >> (stored - 1)
    return np.asarray((bits >> (stored - 1) == above) & signed)


def _share(levels: Levels, bits: np.ndarray, stored: int, allocated: int, signed: bool) -> float:
    """Return the share of samples with anything but the sign above the stored bits."""
    above = (bits >= 1 << stored) & ~_negative(bits, stored, allocated, signed)
    return float(levels.counts[above].sum() / levels.counts.sum())


def _padding(levels: Levels, dataset: Dataset) -> np.ndarray:
    """Tell the samples that stand for no film: bool (N,). None where that is nearly all of it."""
    ends = [whole(dataset, name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    known = [_as_sample(end, levels, dataset) for end in ends if end is not None]
    if ends[0] is None:
        return np.zeros(len(levels.values), bool)
    padded = (levels.values >= min(known)) & (levels.values <= max(known))
    share = levels.counts[padded].sum() / levels.counts.sum()
    return padded if share <= _MOST_PADDING else np.zeros_like(padded)


def _as_sample(value: int, levels: Levels, dataset: Dataset) -> int:
    """Return a padding value in the samples' own sign: files and libraries mix them up."""
    room = 1 << (whole(dataset, "BitsAllocated") or 16)
    value %= room
    return value - room if value > levels.values[-1] and levels.values[0] < 0 else value


def _modality(values: np.ndarray, dataset: Dataset) -> np.ndarray:
    for item in items(dataset, "ModalityLUTSequence"):
        table = look_up_table(item, bool(values.min() < 0))
        if table is not None:
            return table(values)
    slope = first_number(dataset, "RescaleSlope") or 1.0
    return values * slope + (first_number(dataset, "RescaleIntercept") or 0.0)


def _displayed(
    values: np.ndarray, counts: np.ndarray, sample_bytes: int, dataset: Dataset
) -> np.ndarray:
    """Apply the first VOI LUT or window that shows a film, else the range that a viewer takes.

    Without either, 8-bit films keep their range and deeper ones are stretched over the values
    that belong to the film. A curve that leaves two levels is the last resort before that, one
    that leaves a single level is not believed.
    """
    whole_tables, broken_tables = _tables(values, dataset)
    curves = [*whole_tables, *_windows(dataset), *broken_tables]
    shown = [curve(values) for curve in curves]
    for fewest in (_FEW, _FLAT):
        for grey in shown:
            if _level_count(grey, counts) > fewest:
                return grey
    if sample_bytes == 1:
        ends = _modality(np.array([0.0, 255.0]), dataset)
        if whole(dataset, "PixelRepresentation") != 1:
            return stretch(values, float(ends.min()), float(ends.max()))
    return stretch(values, *body(values, counts))


def _level_count(grey: np.ndarray, counts: np.ndarray) -> int:
    """Count the 8-bit levels that at least one sample in a thousand has."""
    levels = np.bincount(np.round(grey * 255).astype(np.int64), counts, minlength=256)
    return int((levels >= max(1.0, counts.sum() / 1000)).sum())


def _tables(values: np.ndarray, dataset: Dataset) -> tuple[list[Curve], list[Curve]]:
    """Return the VOI LUTs that hold what they state, and those that hold less."""
    found = [
        look_up_table(item, bool(values.min() < 0)) for item in items(dataset, "VOILUTSequence")
    ]
    tables = [table for table in found if table is not None]
    curves = [(table.whole, _curve(table)) for table in tables]
    return [c for whole, c in curves if whole], [c for whole, c in curves if not whole]


def _curve(table: LookUpTable) -> Curve:
    return lambda values: stretch(table(values), 0.0, table.top)


def _windows(dataset: Dataset) -> Iterator[Curve]:
    function = word(dataset, "VOILUTFunction") or "LINEAR"
    centres, widths = numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth")
    for centre, width in zip(centres, widths, strict=False):
        if math.isfinite(centre) and math.isfinite(width) and width > 0:
            yield partial(_window, centre=centre, width=width, function=function)


def _window(values: np.ndarray, centre: float, width: float, function: str) -> np.ndarray:
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60)))
    # A linear window may not be narrower than 1 by the standard; where it is, the values are
    # fractions and the exact form is meant.
    if function == "LINEAR_EXACT" or width < 1:
        return stretch(values, centre - width / 2, centre + width / 2)
    if width == 1:
        return (values > centre - 0.5).astype(np.float64)
    return stretch(values, centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)


def _is_inverse(dataset: Dataset) -> bool:
    """Tell whether the smallest value is shown white, by either of the elements that say so."""
    photometric = word(dataset, "PhotometricInterpretation")
    return photometric == "MONOCHROME1" or word(dataset, "PresentationLUTShape") == "INVERSE"
