"""How large a picture says it is, from its header alone and in bounded time.

The libraries' own parsers walk through everything before the picture: a header of millions of
empty pieces costs them minutes. Here a picture whose size is not found soon has none.
"""

import struct
from typing import NamedTuple

_MOST_PIECES = 500
_MOST_PARTS = 20_000
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}
_MOST_SCANS = 20


class Stated(NamedTuple):
    """What a header says.

    Attributes:
        width, height: in pixels.
        samples: bytes of a pixel, all channels together.
        is_plain: whether decoding takes time in proportion to the pixels and no more.
    """

    width: int
    height: int
    samples: float
    is_plain: bool


def stated_size(data: bytes, kind: str) -> Stated | None:
    """Return what a PNG, JPEG, BMP or WebP says of itself, None where that is not found soon."""
    reader = {"PNG": _png, "JPEG": _jpeg, "BMP": _bmp, "WebP": _webp}.get(kind)
    try:
        return reader(data) if reader else None
    except (struct.error, IndexError):
        return None


def codestream_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a bare JPEG or JPEG 2000 stream, None where it is another."""
    if data[:4] == b"\xff\x4f\xff\x51" and len(data) >= 24:
        right, bottom, left, top = struct.unpack_from(">4L", data, 8)
        return right - left, bottom - top
    found = stated_size(data, "JPEG") if data[:2] == b"\xff\xd8" else None
    return (found.width, found.height) if found else None


def _png(data: bytes) -> Stated:
    width, height, bits, colour = struct.unpack_from(">LLBB", data, 16)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 4)
    at, pieces = 8, 0
    while at < len(data) and pieces < _MOST_PIECES and data[at + 4 : at + 8] != b"IDAT":
        at, pieces = _after(data, at), pieces + 1
    few, pieces = pieces < _MOST_PIECES, 0
    while few and at < len(data):
        at, pieces = _after(data, at), pieces + 1
        few = pieces < _MOST_PARTS
    return Stated(width, height, channels * max(1, bits / 8), few)


def _after(data: bytes, at: int) -> int:
    """Return where the chunk of a PNG after the one at `at` begins."""
    return at + 12 + int.from_bytes(data[at : at + 4], "big")


def _jpeg(data: bytes) -> Stated | None:
    at = 2
    for _ in range(_MOST_PIECES):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
        elif marker in _FRAMES:
            height, width, channels = struct.unpack_from(">HHB", data, at + 5)
            scans = data.count(b"\xff\xda", at)
            return Stated(width, height, channels, scans <= _MOST_SCANS)
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _bmp(data: bytes) -> Stated | None:
    if int.from_bytes(data[14:18], "little") < 40:
        return None
    width, height, _, bits, packing = struct.unpack_from("<llHHL", data, 18)
    return Stated(abs(width), abs(height), max(1, bits / 8), packing in (0, 3))


def _webp(data: bytes) -> Stated | None:
    if data[12:16] == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    elif data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif data[12:16] == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        return None
    return Stated(width, height, 4, False)
