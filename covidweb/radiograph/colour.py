"""Colour pictures -> grey, with more than 8 bits where they hold them."""

import numpy as np
from PIL import Image

from covidweb.radiograph.levels import strips
from covidweb.radiograph.scale import scale_samples

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R Rec. 601."""

_PNG_DEPTH, _PNG_COLOUR = 24, 25
_BITS_PER_SAMPLE = 258


def chroma(rgb: np.ndarray) -> float:
    """Return the mean over the pixels of max - min over the channels of uint8 (H, W, 3), 0..1."""
    total = 0.0
    for rows in strips(rgb.shape):
        spread = rgb[rows].max(axis=-1) - rgb[rows].min(axis=-1)
        total += float(spread.sum(dtype=np.float64))
    return float(total / (255 * rgb.shape[0] * rgb.shape[1]))


def luma(rgb: np.ndarray) -> tuple[np.ndarray, float]:
    """Turn colour into grey by Rec. 601.

    Args:
        rgb: uint8 or uint16 (H, W, 3); 16-bit samples may hold fewer bits.

    Returns:
        float32 (H, W) in 0..1, and the chroma 0..1.
    """
    grey = np.empty(rgb.shape[:2], rgb.dtype)
    for rows in strips(rgb.shape):
        grey[rows] = np.round(rgb[rows].astype(np.float32) @ _LUMA)
    if rgb.dtype == np.uint8:
        return scale_samples(grey), chroma(rgb)
    # The picture's own depth is the grey's: its largest sample may be a marker's.
    scaled = scale_samples(grey)
    top = max(1, int(rgb.max()))
    eighth = (rgb.astype(np.float32) * (255 / top)).astype(np.uint8)
    return scaled, chroma(eighth)


def is_deep_colour(image: Image.Image, data: bytes, kind: str) -> bool:
    """Tell a 16-bit picture with several channels: Pillow would keep 8 bits of each."""
    if kind == "PNG":
        return data[_PNG_DEPTH] == 16 and data[_PNG_COLOUR] in (2, 4, 6)
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, ())
    return kind == "TIFF" and isinstance(bits, tuple) and len(bits) > 1 and max(bits) == 16


def deep_colour(data: bytes) -> tuple[np.ndarray, float]:
    """Decode a 16-bit picture with several channels; alpha is laid over black.

    Args:
        data: a PNG or TIFF file that Pillow has found to be complete.

    Returns:
        float32 (H, W) in 0..1, and the chroma 0..1.

    Raises:
        ValueError: broken.
    """
    # Heavy, and rarely needed.
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    with_alpha = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if with_alpha is None or with_alpha.dtype != np.uint16:
        raise ValueError("the picture breaks off")
    if with_alpha.ndim == 2:
        return scale_samples(with_alpha), 0.0
    rgb = with_alpha[..., 2::-1]
    if with_alpha.shape[2] == 4:
        alpha = with_alpha[..., 3:]
        for rows in strips(rgb.shape):
            rgb[rows] = np.round(rgb[rows] * (alpha[rows] / np.float32(alpha.max() or 1)))
    return luma(rgb)
