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
        view: one of `views.VIEWS` where the file says so, else None.
        chroma: mean over the pixels of max - min over red, green and blue, 0..1; 0 for grey.
        body_part: the part of the body that the file names where it is not the chest, else None.
        burnt_in: whether the file says that text is burnt into the picture.
    """

    pixels: np.ndarray
    original_size: tuple[int, int]
    sha256: str
    format: str
    view: str | None = None
    chroma: float = 0.0
    body_part: str | None = None
    burnt_in: bool = False
