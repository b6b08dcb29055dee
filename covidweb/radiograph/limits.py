"""Every limit on what may come in, in one place; each can be set by the environment.

A limit is asked for when it is needed, so that a changed variable counts from the next file on.
"""

import os
from dataclasses import dataclass, field, fields

from covidweb.errors import ImageError

MIB = 2**20


def _limit(variable: str, default: int, meaning: str) -> int:
    def read() -> int:
        stated = os.environ.get(variable, "").strip()
        if not stated:
            return default
        if not stated.isascii() or not stated.isdigit() or int(stated) == 0:
            raise ImageError(
                f"The environment variable {variable} must be a whole number above 0. "
                f"Received: {stated[:40]}"
            )
        return int(stated)

    facts = {"variable": variable, "default": default, "meaning": meaning}
    return field(default_factory=read, metadata=facts)


@dataclass(frozen=True)
class Limits:
    """The limits now in force.

    Raises:
        ImageError: a variable holds no whole number above 0.
    """

    file_mib: int = _limit("COVIDWEB_MAX_FILE_MIB", 64, "largest file, in MiB")
    megapixels: int = _limit("COVIDWEB_MAX_MEGAPIXELS", 100, "largest film, in million pixels")
    least_side: int = _limit("COVIDWEB_MIN_SIDE", 64, "smallest width and height, in pixels")
    tiff_pages: int = _limit(
        "COVIDWEB_MAX_TIFF_PAGES", 16, "pages of a TIFF, all but one of them thumbnails"
    )
    decode_mib: int = _limit(
        "COVIDWEB_MAX_DECODE_MIB", 640, "memory that one film may take while it is read, in MiB"
    )
    decode_seconds: int = _limit(
        "COVIDWEB_MAX_DECODE_SECONDS", 2, "processor time for one film in s, beyond its fair share"
    )
    fair_milliseconds: int = _limit(
        "COVIDWEB_FAIR_MS", 250, "fair share of processor time for a million pixels, in ms"
    )
    fair_megapixels: int = _limit(
        "COVIDWEB_FAIR_MEGAPIXELS", 20, "million pixels that a film gets a fair share for at most"
    )
    here_mib: int = _limit(
        "COVIDWEB_MAX_HERE_MIB",
        256,
        "memory up to which a simple film is decoded in the server's own process, in MiB",
    )
    decoders: int = _limit(
        "COVIDWEB_DECODERS", 2, "films decoded at once, by all sessions together"
    )
    archive_files: int = _limit("COVIDWEB_MAX_ARCHIVE_FILES", 5_000, "files that a ZIP may list")
    archive_mib: int = _limit(
        "COVIDWEB_MAX_ARCHIVE_MIB", 4_096, "what the films of a ZIP may hold together, in MiB"
    )
    archive_ratio: int = _limit(
        "COVIDWEB_MAX_ARCHIVE_RATIO",
        200,
        "bytes that a film in a ZIP may unpack to, for each byte packed",
    )
    always_unpacked_mib: int = _limit(
        "COVIDWEB_ALWAYS_UNPACKED_MIB",
        16,
        "what it may unpack to however little it packs to, in MiB",
    )
    ahead_mib: int = _limit(
        "COVIDWEB_MAX_AHEAD_MIB", 256, "films read ahead of the network by `predict`, in MiB"
    )
    session_films: int = _limit("COVIDWEB_MAX_SESSION_FILMS", 5_000, "films in one reader's list")
    session_mib: int = _limit(
        "COVIDWEB_MAX_SESSION_MIB", 768, "files that one reader's list keeps in memory, in MiB"
    )
    pictured: int = _limit("COVIDWEB_MAX_PICTURED", 300, "films in one PDF or ZIP of overlays")
    screeners: int = _limit("COVIDWEB_MAX_SCREENERS", 4, "models kept loaded at once")

    @property
    def file_bytes(self) -> int:
        """Largest file in bytes."""
        return self.file_mib * MIB

    @property
    def pixels(self) -> int:
        """Largest film in pixels; a digital chest film has 4 to 20 million."""
        return self.megapixels * 1_000_000

    @property
    def decode_bytes(self) -> int:
        """Memory for reading one film in bytes."""
        return self.decode_mib * MIB

    @property
    def inflated_bytes(self) -> int:
        """Most bytes that a deflated DICOM file may unpack to."""
        return 4 * self.file_bytes

    @property
    def here_bytes(self) -> int:
        """Memory in bytes up to which a simple film is decoded in this process."""
        return self.here_mib * MIB

    @property
    def always_unpacked_bytes(self) -> int:
        """Bytes that a member of an archive may unpack to in any case: blank films pack well."""
        return self.always_unpacked_mib * MIB

    @property
    def ahead_bytes(self) -> int:
        """Most bytes of pixels read ahead; one film for each thread is always read."""
        return self.ahead_mib * MIB

    @property
    def session_bytes(self) -> int:
        """Most bytes of files that one reader's list keeps."""
        return self.session_mib * MIB

    @property
    def archive_bytes(self) -> int:
        """Most bytes that the films of one archive may hold together."""
        return self.archive_mib * MIB


def limits_table() -> list[tuple[str, int, str]]:
    """Return variable, default and meaning of every limit, for the documentation."""
    return [
        (str(f.metadata["variable"]), int(f.metadata["default"]), str(f.metadata["meaning"]))
        for f in fields(Limits)
    ]


def check_bytes(size: int) -> None:
    """Raise ImageError for an empty file and for one that is too large."""
    if size == 0:
        raise ImageError("This file is empty: it holds 0 bytes.")
    limits = Limits()
    if size > limits.file_bytes:
        raise ImageError(
            f"This file is too large: at most {limits.file_mib} MiB are accepted, "
            f"received {size / MIB:.1f} MiB."
        )


def check_size(width: int, height: int) -> None:
    """Raise ImageError for a picture with too many pixels or with too short a side."""
    received = f"received {width:,} x {height:,}"
    limits = Limits()
    if width * height > limits.pixels:
        raise ImageError(
            f"This picture is too large: at most {limits.megapixels} million pixels are "
            f"accepted, {received}."
        )
    least = limits.least_side
    if min(width, height) < least:
        raise ImageError(
            f"This picture is too small: at least {least} x {least} pixels are needed, {received}."
        )


def check_memory(needed: int) -> None:
    """Raise ImageError where reading a film would take more than `decode_bytes`."""
    limits = Limits()
    if needed > limits.decode_bytes:
        raise ImageError(
            f"This picture takes too much memory to read: at most {limits.decode_mib} MiB are "
            f"accepted, it needs about {needed / MIB:,.0f} MiB."
        )
