"""Draw the evidence on the film, on an absolute scale: no evidence, no glow."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from covidweb.radiograph import Radiograph
from covidweb.screening.placement import lay
from covidweb.screening.result import Box, ScreeningResult

COLOUR_MAPS = ("Inferno", "Viridis", "Magma", "Plasma", "Cividis")
"""Perceptually even sequential scales."""

MAX_SIDE = 1024
_LINE = (80, 220, 255)


def overlay(
    radiograph: Radiograph,
    result: ScreeningResult,
    opacity: float = 0.45,
    outline: bool = False,
    zones: bool = False,
    colour_map: str = "Inferno",
    invert: bool = False,
    window: tuple[float, float] = (0.0, 1.0),
    max_side: int = MAX_SIDE,
) -> Image.Image:
    """Draw the film with its evidence.

    Args:
        radiograph: the film as it lies in its file.
        result: its answer, which also says how the film is to be laid; without a heatmap the film
            alone is drawn.
        opacity: cover 0..1 where the evidence reaches the top of the scale; it falls in
            proportion to the evidence.
        outline: draw the lungs' border.
        zones: draw the lines between the lungs' zones.
        colour_map: one of `COLOUR_MAPS`.
        invert: show the film with air bright; the colours stay.
        window: film values 0..1 shown as black and as white.
        max_side: the picture's longest side in pixels, never enlarged.

    Returns:
        RGB picture with the proportions of the film as laid.
    """
    film = film_image(lay(radiograph, result.placement), invert, window, max_side)
    rgb = np.asarray(film.convert("RGB"), np.float32)
    if result.heatmap is not None:
        evidence = evidence_map(result, film.size)
        alpha = np.clip(opacity, 0, 1) * evidence[..., None]
        rgb = (1 - alpha) * rgb + alpha * colours(evidence, colour_map)
    picture = Image.fromarray(np.round(rgb).astype(np.uint8))
    if outline and result.lung_mask is not None:
        picture.paste(_LINE, mask=_as_mask(_border(result.lung_mask, picture.size)))
    if zones and result.zone_map is not None:
        picture.paste(_LINE, mask=_as_mask(_zone_lines(result.zone_map, picture.size)))
    return picture


def film_image(
    radiograph: Radiograph,
    invert: bool = False,
    window: tuple[float, float] = (0.0, 1.0),
    max_side: int = MAX_SIDE,
) -> Image.Image:
    """Return the film alone as an 8-bit grey picture."""
    low, high = window
    shown = np.clip((radiograph.pixels - low) / max(high - low, 1e-6), 0, 1)
    shown = 1 - shown if invert else shown
    image = Image.fromarray(np.round(shown * 255).astype(np.uint8))
    ratio = min(1.0, max_side / max(image.size))
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3) if ratio < 1 else image


def evidence_map(result: ScreeningResult, size: tuple[int, int]) -> np.ndarray:
    """Return the evidence on the whole film, float32 (height, width), 1 = `heatmap_scale`.

    The grid is resized smoothly into its box, never above its own largest value; outside the box
    there is none.
    """
    width, height = size
    evidence = np.zeros((height, width), np.float32)
    if result.heatmap is None or not result.heatmap_scale > 0:
        return evidence
    left, top, right, bottom = _pixels(result.heatmap_box, size)
    grid = np.nan_to_num(np.asarray(result.heatmap, np.float32) / result.heatmap_scale)
    smooth = Image.fromarray(np.clip(grid, 0, 1)).resize(
        (right - left, bottom - top), Image.Resampling.BICUBIC
    )
    evidence[top:bottom, left:right] = np.clip(np.asarray(smooth), 0, min(1, grid.max()))
    return evidence


def colours(values: np.ndarray, colour_map: str = "Inferno") -> np.ndarray:
    """Map values 0..1 (H, W) to float32 RGB 0..255 (H, W, 3) along a named scale."""
    import plotly.colors

    if colour_map not in COLOUR_MAPS:
        raise ValueError(f"colour_map must be one of {COLOUR_MAPS}. Received: {colour_map!r}")
    stops = getattr(plotly.colors.sequential, colour_map)
    table = np.array([plotly.colors.hex_to_rgb(stop) for stop in stops], np.float32)
    places = np.linspace(0, 1, len(table))
    channels = [np.interp(values, places, table[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def colour_ramp(colour_map: str = "Inferno", size: tuple[int, int] = (24, 256)) -> Image.Image:
    """Return the scale's colours upright, most evidence on top: RGB of `size`."""
    values = np.repeat(np.linspace(1, 0, size[1])[:, None], size[0], axis=1)
    return Image.fromarray(np.round(colours(values, colour_map)).astype(np.uint8))


def scale_labels() -> list[tuple[float, str]]:
    """Return the labels of a colour bar: place 0 (bottom) to 1 (top), and what it stands for."""
    return [(0.0, "none"), (1.0, "strong")]


def colour_bar(colour_map: str = "Inferno", size: tuple[int, int] = (150, 360)) -> Image.Image:
    """Return an upright colour bar; its top stands for the card's `cam_scale`."""
    bar = Image.new("RGB", size, (255, 255, 255))
    draw, font = ImageDraw.Draw(bar), ImageFont.load_default(17)
    top, run = 44, size[1] - 60
    draw.text((8, 8), "Evidence", fill=(0, 0, 0), font=font)
    bar.paste(colour_ramp(colour_map, (28, run)), (8, top))
    for share, text in scale_labels():
        y = top + round((1 - share) * (run - 1))
        draw.line((36, y, 42, y), fill=(0, 0, 0))
        draw.text((48, y), text, fill=(0, 0, 0), font=font, anchor="lm")
    return bar


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, right = (int(np.clip(round(v * size[0]), 0, size[0])) for v in (box[0], box[2]))
    top, bottom = (int(np.clip(round(v * size[1]), 0, size[1])) for v in (box[1], box[3]))
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _as_mask(lines: np.ndarray) -> Image.Image:
    return Image.fromarray((lines * 255).astype(np.uint8))


def _border(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the inner edge of a stretched mask, bool (height, width)."""
    soft = Image.fromarray(mask.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    inside = np.asarray(soft) >= 0.5
    core = inside.copy()
    for axis in (0, 1):
        for step in (-_thick(size), _thick(size)):
            core &= np.roll(inside, step, axis)
    return inside & ~core


def _zone_lines(zone_map: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return where two zones touch, bool (height, width)."""
    zones = np.asarray(Image.fromarray(zone_map).resize(size, Image.Resampling.NEAREST))
    lines = np.zeros(zones.shape, bool)
    for step in range(1, _thick(size) + 1):
        for axis in (0, 1):
            before = np.roll(zones, step, axis)
            lines |= (zones != before) & (zones > 0) & (before > 0)
    return lines


def _thick(size: tuple[int, int]) -> int:
    return max(1, round(min(size) / 350))
