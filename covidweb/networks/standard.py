"""The standard input: the one way from a Radiograph to what a classifier reads."""

from dataclasses import dataclass, replace

import numpy as np

from covidweb.bundle.card import InputSpec
from covidweb.networks.box import WHOLE_FILM, Box, widened
from covidweb.networks.resample import resize_box
from covidweb.networks.view import AS_IT_IS, View
from covidweb.radiograph import Radiograph

__all__ = [
    "WHOLE_FILM",
    "Box",
    "InputSpec",
    "StandardInput",
    "View",
    "lung_box",
    "reading_copy",
    "resize_box",
    "shrunk",
    "standard_input",
    "widened",
]

READ_SIDE = 512
"""Shorter side, in pixels, of the copy of a larger film that every network reads.

Each of them shrinks that by half again or more: what it leaves out no network sees.
"""

_SHRUNK = 0.8
"""Scale up to which a film is shrunk: by less, little is saved."""


@dataclass(frozen=True, eq=False)
class StandardInput:
    """A network's input and where on the film it came from.

    Attributes:
        array: float32 (size, size, 1 or 2) in 0..1: grey, then the lung mask if the spec asks.
        box: left, top, right, bottom of the cut-out in fractions 0..1 of the film.
        cropped: False when the whole film was used, because the spec or a missing mask said so.
    """

    array: np.ndarray
    box: Box
    cropped: bool


def reading_copy(radiograph: Radiograph, shorter: float | None = None) -> Radiograph:
    """Return the film at the resolution at which it is read; a small one is returned itself.

    Args:
        radiograph: as it is stored.
        shorter: shorter side, in pixels of the film, of what is to be read of it; the film's own
            by default. Borders that will be cut off take no part in the resolution.
    """
    scale = READ_SIDE / (shorter or min(radiograph.pixels.shape))
    return radiograph if scale > _SHRUNK else shrunk(radiograph, scale)


def shrunk(radiograph: Radiograph, scale: float) -> Radiograph:
    """Return a film with its sides at a scale below 1, each pixel the mean of what it covers."""
    import cv2

    height, width = radiograph.pixels.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = np.ascontiguousarray(radiograph.pixels, np.float32)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return replace(radiograph, pixels=np.clip(small, 0.0, 1.0, out=small))


def standard_input(
    radiograph: Radiograph,
    spec: InputSpec,
    lung_mask: np.ndarray | None = None,
    view: View = AS_IT_IS,
) -> StandardInput:
    """Turn a film into the input of a classifier.

    Args:
        radiograph: the film as it is read (`reading_copy`), float32 (H, W) in 0..1.
        spec: size, crop and channels.
        lung_mask: bool (S, S) stretched over the whole film, both lungs; None when no plausible
            lungs were found, and then the whole film is used and the mask channel is all ones.
        view: how it is looked at.

    Returns:
        The input with the box that it was cut from.
    """
    mask = lung_mask if lung_mask is not None and bool(lung_mask.any()) else None
    cropped = spec.crop == "lungs" and mask is not None
    whole = lung_box(mask, spec.margin) if cropped and mask is not None else WHOLE_FILM
    height, width = radiograph.pixels.shape
    channels = [view.cut(radiograph.pixels, whole, (width, height), spec.size)]
    if spec.mask_channel:
        lungs = (np.ones((2, 2), bool) if mask is None else mask).astype(np.float32)
        channels.append(view.cut(lungs, whole, (width, height), spec.size, fine=False))
    return StandardInput(np.stack(channels, axis=-1), view.scaled(whole), cropped)


def lung_box(lung_mask: np.ndarray, margin: float) -> Box:
    """Return the box around a mask, widened by `margin` of its sides and kept on the film."""
    height, width = lung_mask.shape
    rows, columns = np.flatnonzero(lung_mask.any(axis=1)), np.flatnonzero(lung_mask.any(axis=0))
    left, right = columns[0] / width, (columns[-1] + 1) / width
    top, bottom = rows[0] / height, (rows[-1] + 1) / height
    return widened((left, top, right, bottom), margin)
