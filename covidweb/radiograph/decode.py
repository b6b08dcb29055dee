"""From bytes of a known format to grey pixels: one sentence for whatever a decoder trips over."""

from covidweb.errors import ImageError
from covidweb.radiograph.facts import Facts
from covidweb.radiograph.limits import Limits
from covidweb.radiograph.picture import Pixels, decode_picture
from covidweb.radiograph.quiet import quiet
from covidweb.radiograph.recognise import ACCEPTED


def decode(data: bytes, kind: str) -> tuple[Pixels, Facts]:
    """Decode a file in this process.

    Args:
        data: the file's bytes.
        kind: as `recognise` tells.

    Raises:
        ImageError: it gives no film.
    """
    try:
        with quiet():
            if kind != "DICOM":
                return decode_picture(data, kind), Facts()
            # pydicom takes longer to import than all else here; only the children need it.
            from covidweb.radiograph.dicom import decode_dicom

            return decode_dicom(data)
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(no_memory()) from error
    except Exception as error:
        raise ImageError(broken(kind, data)) from error


def no_memory() -> str:
    """Return the sentence for a file whose decoding takes more memory than it may."""
    return (
        f"This picture takes too much memory to read: at most {Limits().decode_mib} MiB are "
        "accepted, it needs more."
    )


def broken(kind: str, data: bytes) -> str:
    """Return the sentence for a file that breaks off."""
    return (
        f"This {kind} file is broken or cut short and cannot be decoded: a complete "
        f"{ACCEPTED.replace(' and ', ' or ')} file is needed, received {len(data):,} bytes."
    )
