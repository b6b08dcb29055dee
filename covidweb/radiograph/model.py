"""The film as everything above sees it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One film; holds no name, id or date of a person.

    Attributes:
        pixels: float32 (H, W) in 0..1, air dark and bone bright, upright.
        original_size: width and height in pixels, as displayed.
        sha256: of the file's bytes, 64 hexadecimal digits.
        format: `PNG`, `JPEG`, `TIFF`, `BMP`, `WebP` or `DICOM`.
        view: `PA`, `AP`, `LATERAL` or `OBLIQUE` where the file says so, else None.
        chroma: mean over the pixels of max - min over red, green and blue, 0..1; 0 for grey.
    """

    pixels: np.ndarray
    original_size: tuple[int, int]
    sha256: str
    format: str
    view: str | None = None
    chroma: float = 0.0
