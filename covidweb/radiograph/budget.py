"""Memory and processor time for decoding: claimed from a header before anything is decoded."""

from collections.abc import Callable

from covidweb.radiograph.limits import Limits, check_memory, check_size

FINISHED = 10.0
"""Bytes a pixel beside the decoder's own: the grey film, twice while it is turned or scaled."""

_granted: list[Callable[[float], None]] = []


def claim(width: int, height: int, decoder: float) -> None:
    """Ask for what a picture of that size needs.

    Args:
        width, height: in pixels, as the header says.
        decoder: bytes a pixel that its decoder takes.

    Raises:
        ImageError: more than the limits allow, or too small a picture.
    """
    check_size(width, height)
    check_memory(round(width * height * (decoder + FINISHED)))
    for grant in _granted:
        grant(fair_seconds(width * height))


def fair_seconds(pixels: int) -> float:
    """Return the processor time that a picture's size entitles it to, on top of the limit.

    It is about what slow codecs take; what is larger than a large film gets no more than that.
    """
    limits = Limits()
    return limits.fair_milliseconds / 1000 * min(pixels / 1e6, limits.fair_megapixels)


def on_claim(grant: Callable[[float], None]) -> None:
    """Have a function called with the fair seconds of every picture that is claimed."""
    _granted.append(grant)
