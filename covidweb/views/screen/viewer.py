"""The film in the browser: its greys at 16 bits, the evidence over it, and lines to be shown."""

import base64
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from covidweb.radiograph import Radiograph
from covidweb.report.overlay import evidence_map
from covidweb.screening.result import ZONES, ScreeningResult
from covidweb.views.counted import news
from covidweb.views.frontend import component
from covidweb.views.whole import whole

MAX_SIDE = 2560
"""Longer side of the film in the browser; larger films are shrunk to it."""

EVIDENCE_SIDE = 256
"""Longer side of the evidence as it is sent; it is smooth, so that more would show nothing."""

COVERED = 0.3
"""Extent of a simulated opacity from which a place counts as within it."""

_KEPT_GREYS = 3
_LUNGS, _ZONES, _TRUTH = "#50dcff", "#ffd166", "#7dff8a"

Path = list[list[float]]


@dataclass(frozen=True)
class Line:
    """Outlines under one name: paths of points in fractions of the film's sides."""

    name: str
    colour: str
    paths: list[Path]
    shown: bool = False
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """What the viewer shows.

    Attributes:
        key: the same film has the same key; the view is kept while it stays.
        film: its greys.
        alt: what is seen, for those who do not see it.
        result: whose evidence lies over the film, None for none.
        lines: outlines that the reader can switch on.
        group: viewers of one group zoom and move together; empty for none.
    """

    key: str
    film: Radiograph
    alt: str
    result: ScreeningResult | None = None
    lines: tuple[Line, ...] = ()
    group: str = ""


def show(picture: Picture, key: str, on_step: Callable[[int], None] | None = None) -> None:
    """Draw the viewer; `on_step` is told how many films on or back the arrow keys ask for."""
    component("viewer")(
        key=key,
        data=packed(picture),
        on_went_change=lambda: _went(key, on_step) if on_step else None,
    )


def packed(picture: Picture) -> bytes:
    """Return a picture as the viewer's script reads it: header's length, header, greys."""
    greys, film = _greys(picture.key, picture.film)
    header = json.dumps(
        {
            "key": picture.key,
            "width": film[1],
            "height": film[0],
            "alt": picture.alt,
            "evidence": _evidence(picture.result, film),
            "colours": _colours(),
            "lines": [vars(line) for line in picture.lines],
            "group": picture.group,
        }
    ).encode()
    return struct.pack("<I", len(header)) + header + greys


def lines(result: ScreeningResult, opacity: np.ndarray | None = None) -> tuple[Line, ...]:
    """Return what can be outlined: the lungs, their zones, and where it is known the opacities.

    Args:
        result: with its lung mask and zones, or without.
        opacity: float (H, W) in 0..1, how far each pixel of a simulated film is opacity.
    """
    found = []
    if result.lung_mask is not None:
        found.append(Line("Lungs", _LUNGS, outlines(result.lung_mask)))
    if result.zone_map is not None:
        zones = [result.zone_map == number for number in range(1, len(ZONES) + 1)]
        paths = [path for zone in zones for path in outlines(zone)]
        found.append(Line("Six zones", _ZONES, paths))
    if opacity is not None and (opacity >= COVERED).any():
        paths = outlines(opacity >= COVERED)
        found.append(Line("True opacities", _TRUTH, paths, shown=True, dashed=True))
    return tuple(found)


def outlines(mask: np.ndarray) -> list[Path]:
    """Return the borders of a mask, bool (H, W), in fractions of its sides."""
    from skimage.measure import approximate_polygon, find_contours

    height, width = mask.shape
    found = find_contours(np.pad(mask, 1).astype(np.float32), 0.5)
    smooth = [approximate_polygon(path, 0.4) for path in found]
    # `find_contours` names a pixel's middle by its index; the padding moved it by one.
    return [
        [[round((x - 0.5) / width, 4), round((y - 0.5) / height, 4)] for y, x in path]
        for path in smooth
    ]


def _greys(key: str, film: Radiograph) -> tuple[bytes, tuple[int, int]]:
    """Pack a film's greys, kept for the films that a session looked at last."""
    kept: dict[str, tuple[bytes, tuple[int, int]]] = st.session_state.setdefault("screen_greys", {})
    if key not in kept:
        while len(kept) >= _KEPT_GREYS:
            kept.pop(next(iter(kept)))
        pixels = shrunk(film).pixels
        kept[key] = pack(pixels), (pixels.shape[0], pixels.shape[1])
    return kept[key]


def shrunk(film: Radiograph, side: int = MAX_SIDE) -> Radiograph:
    """Return the film with its longer side at most `side` pixels."""
    height, width = film.pixels.shape
    scale = side / max(height, width)
    if scale >= 1:
        return film
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = Image.fromarray(film.pixels).resize(size, Image.Resampling.BOX)
    return replace(film, pixels=np.clip(np.asarray(small, np.float32), 0.0, 1.0))


def pack(pixels: np.ndarray) -> bytes:
    """Return greys 0..1 (H, W) as 16 bits: differences along rows, high bytes first, deflated."""
    grey = np.round(pixels * 65535).astype(np.uint16)
    steps = np.diff(grey, axis=1, prepend=np.uint16(0))
    planes = np.stack([(steps >> 8).astype(np.uint8), (steps & 0xFF).astype(np.uint8)])
    return zlib.compress(planes.tobytes(), 1)


def _evidence(result: ScreeningResult | None, film: tuple[int, int]) -> dict[str, Any] | None:
    if result is None or result.heatmap is None:
        return None
    scale = min(1.0, EVIDENCE_SIDE / max(film))
    size = (max(1, round(film[1] * scale)), max(1, round(film[0] * scale)))
    values = np.round(evidence_map(result, size) * 255).astype(np.uint8)
    return {
        "width": size[0],
        "height": size[1],
        "box": [0, 0, 1, 1],
        "values": base64.b64encode(values.tobytes()).decode("ascii"),
    }


def _colours() -> list[list[int]]:
    from plotly.colors import hex_to_rgb, sequential

    return [list(hex_to_rgb(stop)) for stop in sequential.Inferno]


@whole
def _went(key: str, on_step: Callable[[int], None]) -> None:
    """Tell `on_step` how many films the reader went on (or back) since it was told last."""
    on_step(news(key, "went"))
