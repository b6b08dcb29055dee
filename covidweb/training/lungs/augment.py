"""Drawn-at-random changes to a film and its lung mask that cover what uploads look like."""

from typing import Any

import cv2
import numpy as np


def moved(
    layers: tuple[np.ndarray, ...], aspect: float, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Rotate, zoom, shift, pad or cut, and mirror several layers of one film alike.

    Args:
        layers: uint8 (C, C) each, stretched to square; the first is the film.
        aspect: width / height of the film before stretching, so that rotation stays a rotation.
        size: side of the layers that come back.
        rng: where the randomness comes from.

    Returns:
        float32 (size, size) layers in 0..1, 0 outside the film; the film's outside is mostly
        black.
    """
    matrix = _matrix(layers[0].shape[0], aspect, size, rng)
    border = 0 if rng.random() < 0.85 else int(rng.integers(0, 256))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = cv2.BORDER_REPLICATE if rng.random() < 0.1 else cv2.BORDER_CONSTANT
    film = cv2.warpAffine(
        layers[0], matrix, (size, size), flags=flags, borderMode=mode, borderValue=border
    )
    rest = [cv2.warpAffine(layer, matrix, (size, size), flags=flags) for layer in layers[1:]]
    return tuple(layer.astype(np.float32) / 255 for layer in (film, *rest))


def _matrix(side: int, aspect: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the 2x3 matrix from output pixels to source pixels."""
    angle = np.deg2rad(rng.normal(0, 5) if rng.random() < 0.7 else rng.uniform(-15, 15))
    zoom = float(np.exp(rng.normal(0.04, 0.1)))
    stretch = np.exp(rng.normal(0, 0.06, 2))
    if rng.random() < 0.3:
        stretch *= rng.uniform(1.0, 1.5, 2)
    frame = np.array([aspect, 1.0]) * zoom * stretch
    slack = np.abs(frame - [aspect, 1.0]) / 2 + 0.05
    shift = rng.uniform(-1, 1, 2) * slack
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
    to_source = np.diag([side / aspect, side]) @ turn @ mirror @ np.diag(frame / size)
    centre = np.array([side / 2, side / 2]) + np.diag([side / aspect, side]) @ shift
    half = (size - 1) / 2
    return np.column_stack([to_source, centre - 0.5 - to_source @ [half, half]])


def disturbed(film: np.ndarray, rng: np.random.Generator, inverted: float = 0.3) -> np.ndarray:
    """Change the grey levels of a film, float32 (S, S) in 0..1, and put things on it.

    `inverted` is the share of films shown with air bright.
    """
    if rng.random() < 0.15:
        film = _equalised(film, rng)
    if rng.random() < 0.2:
        film = _clouded(film, rng)
    for change, chance in ((_tone, 0.9), (_shade, 0.2), (_wires, 0.2), (_letters, 0.3)):
        if rng.random() < chance:
            film = change(film, rng)
    if rng.random() < 0.15:
        film = _covered(film, rng)
    if rng.random() < inverted:
        film = 1 - film
    for change, chance in ((_coarse, 0.2), (_blurred, 0.2), (_noisy, 0.3), (_jpeg, 0.15)):
        if rng.random() < chance:
            film = change(film, rng)
    return np.asarray(np.clip(film, 0, 1).astype(np.float32))


def _tone(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gamma, contrast and brightness."""
    film = np.clip(film, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.35)))
    contrast = rng.uniform(0.3, 1.5)
    return np.clip((film - 0.5) * contrast + 0.5 + rng.uniform(-0.2, 0.2), 0, 1)


def _equalised(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    levels = (film * 255).astype(np.uint8)
    if rng.random() < 0.5:
        return cv2.equalizeHist(levels).astype(np.float32) / 255
    tiles = cv2.createCLAHE(float(rng.uniform(1, 4)), (8, 8))
    return tiles.apply(levels).astype(np.float32) / 255


def _blob(size: int, rng: np.random.Generator, grid: int = 6) -> np.ndarray:
    """Return smooth random float32 (size, size) of about zero mean and unit spread."""
    coarse = rng.normal(0, 1, (grid, grid)).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def _clouded(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whiten parts of the film smoothly, as consolidation or fluid would."""
    depth = np.clip(_blob(film.shape[0], rng, int(rng.integers(3, 8))) - rng.uniform(0, 1), 0, 1)
    depth *= rng.uniform(0.3, 1.0)
    white = np.float32(rng.uniform(0.55, 0.95))
    return film + depth * np.maximum(white - film, 0)


def _shade(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return film + np.float32(rng.uniform(0.05, 0.2)) * _blob(film.shape[0], rng, 3)


def _wires(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size, film = film.shape[0], np.ascontiguousarray(film, np.float32)
    for _ in range(rng.integers(1, 4)):
        points = np.cumsum(rng.normal(0, size / 10, (8, 2)), axis=0) + rng.uniform(0, size, 2)
        line = points.astype(np.int32).reshape(-1, 1, 2)
        grey = float(rng.uniform(0.6, 1))
        cv2.polylines(film, [line], False, grey, int(rng.integers(1, 4)), cv2.LINE_AA)
    return film


def _letters(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size, levels = film.shape[0], (np.clip(film, 0, 1) * 255).astype(np.uint8)
    for _ in range(rng.integers(1, 4)):
        text = "".join(rng.choice(list("LRAPSUPINE0123456789 "), int(rng.integers(1, 8))))
        place = tuple(int(v) for v in rng.uniform(0, size, 2))
        grey, scale = float(rng.choice([0, 255, 255 * rng.random()])), float(rng.uniform(0.3, 1.2))
        thick = int(rng.integers(1, 3))
        cv2.putText(levels, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, grey, thick)
    return np.asarray(levels.astype(np.float32) / 255)


def _covered(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put a plain rectangle on the film: a sticker, a device, a dark bar."""
    size, film = film.shape[0], film.copy()
    height, width = (rng.uniform(0.05, 0.3, 2) * size).astype(int)
    top, left = rng.integers(0, size - height), rng.integers(0, size - width)
    film[top : top + height, left : left + width] = rng.random()
    return film


def _coarse(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = film.shape[0]
    small = cv2.resize(
        film, (int(rng.integers(size // 3, size)),) * 2, interpolation=cv2.INTER_AREA
    )
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)


def _blurred(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(film, (0, 0), float(rng.uniform(0.5, 2.0)))


def _noisy(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grains = rng.standard_normal(film.shape, dtype=np.float32)
    return np.asarray(film + np.float32(rng.uniform(0.01, 0.08)) * grains)


def _jpeg(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    levels = (np.clip(film, 0, 1) * 255).astype(np.uint8)
    quality = [int(cv2.IMWRITE_JPEG_QUALITY), int(rng.integers(15, 70))]
    coded: Any = cv2.imencode(".jpg", levels, quality)[1]
    decoded: Any = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    return np.asarray(decoded.astype(np.float32) / 255)


def nothing(size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a picture without lungs, float32 (size, size): noise, gradient, shapes or a page."""
    kind = rng.integers(0, 5)
    if kind == 0:
        return np.asarray(
            np.clip(0.5 + 0.25 * rng.standard_normal((size, size), dtype=np.float32), 0, 1)
        )
    if kind == 1:
        return np.clip(0.5 + 0.3 * _blob(size, rng, int(rng.integers(2, 40))), 0, 1)
    if kind == 2:
        ramp = np.linspace(rng.random(), rng.random(), size, dtype=np.float32)
        return np.ascontiguousarray(np.broadcast_to(ramp, (size, size)))
    page = np.full((size, size), rng.random(), np.float32)
    if kind == 3:
        for _ in range(8):
            page = _letters(page, rng)
        return page
    return _shapes(page, rng)


def _shapes(page: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a few filled ellipses and boxes."""
    size = page.shape[0]
    for _ in range(rng.integers(1, 8)):
        centre = tuple(int(v) for v in rng.uniform(0, size, 2))
        axes = tuple(int(v) for v in rng.uniform(4, size / 2, 2))
        angle, grey = float(rng.uniform(0, 180)), float(rng.random())
        if rng.random() < 0.5:
            cv2.ellipse(page, centre, axes, angle, 0, 360, grey, -1)
        else:
            cv2.rectangle(page, centre, axes, grey, -1)
    return page
