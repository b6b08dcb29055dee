"""PNG, JPEG, TIFF, BMP and WebP: Pillow's picture -> grey pixels."""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import (
    BmpImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from covidweb.errors import ImageError
from covidweb.radiograph.budget import claim
from covidweb.radiograph.colour import chroma, deep_colour, is_deep_colour
from covidweb.radiograph.limits import Limits
from covidweb.radiograph.scale import scale_samples
from covidweb.radiograph.sizes import Stated, stated_size

# The plugins are called directly: Image.open would guess the format again, and would warn about
# large pictures by a limit of its own before ours is asked.
_PLUGINS: dict[str, Callable[..., Image.Image]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
}

_WHITE_IS_ZERO, _PHOTOMETRIC, _SUBFILE, _ORIENTATION = 0, 262, 254, 274
_WEBP = 20.0
"""Bytes a pixel: two canvases, the frame and the picture, in four channels each."""


class Pixels(NamedTuple):
    """Decoded grey pixels float32 (H, W) in 0..1, and how coloured they were (0..1)."""

    grey: np.ndarray
    chroma: float


def decode_picture(data: bytes, kind: str) -> Pixels:
    """Decode a picture to upright grey pixels; alpha is laid over black.

    Args:
        data: the file's bytes.
        kind: `PNG`, `JPEG`, `TIFF`, `BMP` or `WebP`.

    Raises:
        ImageError: too large, too small, or with several frames; checked from the header.
    """
    stated = stated_size(data, kind)
    if stated is not None:
        claim_stated(stated, kind)
    image = _PLUGINS[kind](io.BytesIO(data))
    claim(*image.size, _decoder_bytes(kind, image.mode, is_deep_colour(image, data, kind)))
    _check_single(image, kind)
    turn, inverted = _orientation(image), _white_is_zero(image)
    is_deep = is_deep_colour(image, data, kind)
    image.load()
    grey, spread = deep_colour(data) if is_deep else to_grey(image)
    return Pixels(turned(1 - grey if inverted else grey, turn), spread)


def claim_stated(stated: Stated, kind: str) -> None:
    """Claim what a header's picture needs. Raises ImageError beyond the limits."""
    claim(stated.width, stated.height, _WEBP if kind == "WebP" else stated.samples)


def _decoder_bytes(kind: str, mode: str, is_deep: bool) -> float:
    """Return the bytes a pixel that Pillow and we take before there is a grey film."""
    if kind == "WebP":
        return _WEBP
    if is_deep:
        return 22.0
    return {"1": 2.0, "L": 2.0, "I;16": 4.0, "I;16B": 4.0, "I": 8.0, "F": 8.0}.get(mode, 12.0)


def to_grey(image: Image.Image) -> Pixels:
    """Turn a loaded picture of any mode into grey pixels, keeping more than 8 bits where it can."""
    if image.mode.startswith(("I", "F")):
        return Pixels(scale_samples(np.asarray(image)), 0.0)
    if image.mode == "LAB":
        image = image.getchannel("L")
    has_alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    if has_alpha:
        image = _over_black(image)
    if image.mode in ("1", "L"):
        grey = image if image.mode == "L" else image.convert("L")
        return Pixels(scale_samples(np.asarray(grey)), 0.0)
    colour = image.convert("RGB")
    return Pixels(scale_samples(np.asarray(colour.convert("L"))), chroma(np.asarray(colour)))


def turned(grey: np.ndarray, orientation: int) -> np.ndarray:
    """Turn pixels (H, W) upright by their EXIF orientation, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        grey = grey.T
    if orientation in (2, 3, 6, 7):
        grey = grey[:, ::-1]
    return grey[::-1] if orientation in (3, 4, 7, 8) else grey


def _over_black(image: Image.Image) -> Image.Image:
    with_alpha = image.convert("RGBA")
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, with_alpha).convert("RGB")


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; a broken EXIF block counts as none."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _white_is_zero(image: Image.Image) -> bool:
    """Tell an inverted TIFF of more than 8 bits; Pillow inverts those of 8 bits itself."""
    tags: dict[int, int] = getattr(image, "tag_v2", {})
    return image.mode.startswith(("I", "F")) and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _check_single(image: Image.Image, kind: str) -> None:
    frames = getattr(image, "n_frames", 1)
    few = kind == "TIFF" and frames <= Limits().tiff_pages
    if frames == 1 or (few and _only_thumbnails(image, frames)):
        return
    what = "pages" if kind == "TIFF" else "frames (an animation)"
    raise ImageError(
        f"This {kind} holds several pictures: one film a file is accepted, "
        f"received {frames} {what}."
    )


def _only_thumbnails(image: Image.Image, frames: int) -> bool:
    """Tell whether all further pages of a TIFF say that they are reduced copies of the first."""
    try:
        return all(_is_reduced(image, page) for page in range(1, frames))
    finally:
        image.seek(0)


def _is_reduced(image: Image.Image, page: int) -> bool:
    image.seek(page)
    tags: dict[int, int] = getattr(image, "tag_v2", {})
    return bool(tags.get(_SUBFILE, 0) & 1)
