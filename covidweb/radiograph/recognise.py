"""Which format the bytes are, by their first bytes and never by a name."""

from covidweb.errors import ImageError

ACCEPTED_EXTENSIONS = ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "dcm")
"""For file pickers only; the reader looks at the bytes."""

ACCEPTED = "PNG, JPEG, TIFF, BMP, WebP and DICOM"
"""The formats as part of a sentence."""

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
    b"BM": "BMP",
}

_KNOWN_BUT_REFUSED = {
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "a gzip archive (NIfTI volumes come so)",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"BZh": "a BZIP2 archive",
    b"\xfd7zXZ": "an XZ archive",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture outside DICOM",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture outside DICOM",
    b"\x00\x00\x00\x0cJXL": "a JPEG XL picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"\x00\x05\x16\x07": "what a Mac keeps about another file",
    b"8BPS": "a Photoshop file",
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML file",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}

_DICOM_GROUPS = (b"\x02\x00", b"\x08\x00")
_PLAIN_TEXT = frozenset(range(32, 127)) | {9, 10, 13}
_DIRECTORY = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"

HEAD = 1024
"""Bytes from the start of a file that tell its kind."""


def recognise(data: bytes) -> str:
    """Return the format of a file's bytes: one of those in `ACCEPTED`.

    Raises:
        ImageError: none of them; the message says what the bytes look like.
    """
    kind = kind_of(data)
    if kind is None:
        raise ImageError(
            f"This file is not a picture that can be read: {ACCEPTED} are accepted, "
            f"received {describe(data)}."
        )
    return kind


def kind_of(data: bytes) -> str | None:
    """Return the format that a file's first `HEAD` bytes tell, or None where it is none of ours.

    A DICOM file may open with another format's signature: its preamble is free (PS3.10, 7.1).
    """
    if b"DICM" in (data[128:132], data[:4]):
        return "DICOM"
    for start, name in _STARTS.items():
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return "DICOM" if _bare_dicom(data) else None


def is_zip(data: bytes) -> bool:
    """Tell a ZIP archive by its first bytes; an empty one counts too."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_directory(data: bytes) -> bool:
    """Tell the directory of a disc (DICOMDIR) by its class among the first bytes."""
    return data[128:132] == b"DICM" and _DIRECTORY in data[132:HEAD]


def describe(data: bytes) -> str:
    """Return what the bytes of a file that is none of ours look like."""
    for start, description in _KNOWN_BUT_REFUSED.items():
        if data.startswith(start):
            return description
    if data[4:8] == b"ftyp":
        return "a HEIC or AVIF picture or a film clip"
    if data[257:262] == b"ustar":
        return "a TAR archive"
    if not data:
        return "an empty file"
    if all(byte in _PLAIN_TEXT for byte in data[:512]):
        return "plain text"
    return "bytes of an unknown kind"


def _bare_dicom(data: bytes) -> bool:
    """Tell a DICOM data set without its preamble: it opens with an element of group 2 or 8."""
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    implicit = int.from_bytes(data[4:8], "little") <= 64
    element = int.from_bytes(data[2:4], "little")
    return (
        len(data) > 16 and data[:2] in _DICOM_GROUPS and element <= 0x60 and (explicit or implicit)
    )
