"""Seeded mutants of every format and transfer syntax: each gives a film or an ImageError.

`make fuzz` runs it (COUNT=3000 SEED=0 SECONDS=1800). It ends with status 1 where a mutant raised
anything else, or took more memory or processor time than a film may.
"""

import argparse
import io
import json
import random
import resource
import struct
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "radiograph"))

from dicoms import SYNTAXES, dicom
from pydicom.dataset import Dataset

from covidweb.errors import ImageError
from covidweb.radiograph import Radiograph, apart, list_upload, read_radiograph

MOST_MIB, MOST_SECONDS = 1000, 2.0
_TELLING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE)


@dataclass(frozen=True)
class Outcome:
    """What came of a mutant, and what it took."""

    name: str
    came: str
    seconds: float
    fault: str = ""


def seeds() -> dict[str, bytes]:
    """Return a file of every kind that is accepted, by name."""
    deep = _drawn()
    grey = Image.fromarray((deep >> 4).astype(np.uint8))
    found = {
        "PNG": _encoded(grey, "PNG"),
        "PNG 16": _encoded(Image.fromarray(deep), "PNG"),
        "PNG palette": _encoded(grey.convert("RGB").quantize(64), "PNG"),
        "PNG RGBA": _encoded(grey.convert("RGBA"), "PNG"),
        "JPEG": _encoded(grey, "JPEG"),
        "JPEG progressive": _encoded(grey.convert("RGB"), "JPEG", progressive=True),
        "JPEG CMYK": _encoded(grey.convert("CMYK"), "JPEG"),
        "BMP": _encoded(grey, "BMP"),
        "WebP": _encoded(grey.convert("RGB"), "WEBP"),
        "WebP lossless": _encoded(grey.convert("RGBA"), "WEBP", lossless=True),
        "TIFF 16": _encoded(Image.fromarray(deep), "TIFF"),
        "TIFF float": _encoded(Image.fromarray(deep / np.float32(4095)), "TIFF"),
        "TIFF bits": _encoded(grey.convert("1"), "TIFF", compression="group4"),
    }
    for packing in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        found[f"TIFF {packing}"] = _encoded(grey, "TIFF", compression=packing)
    for syntax in SYNTAXES:
        found[f"DICOM {syntax}"] = dicom(np.asarray(grey), syntax)
        if syntax != "jpeg":
            found[f"DICOM 12 {syntax}"] = dicom(deep, syntax, **_elements())
    found["DICOM RGB"] = dicom(np.asarray(grey.convert("RGB")))
    found["ZIP"] = _zipped(found["PNG"], found["DICOM explicit"])
    return found


def _drawn() -> np.ndarray:
    y, x = np.mgrid[0:160, 0:140] / 160
    return np.round(4095 * np.abs(np.sin(5 * x + 3 * y * y))).astype(np.uint16)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _elements() -> dict[str, object]:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 12])
    table.add_new("LUTData", "OW", np.arange(4096, dtype="<u2").tobytes())
    return {
        "BitsStored": 12,
        "HighBit": 11,
        "RescaleSlope": "0.5",
        "RescaleIntercept": "-10",
        "WindowCenter": "1024",
        "WindowWidth": "2048",
        "VOILUTFunction": "SIGMOID",
        "VOILUTSequence": [table],
        "PatientOrientation": ["L", "F"],
        "PixelPaddingValue": 4095,
    }


def _zipped(*films: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(films):
            archive.writestr(f"folder/film-{number}", data)
    return stream.getvalue()


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Change a file in one to six places; `other` is another file to take pieces from."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        # Headers decide more than pixels do.
        reach = min(len(changed), rng.choice((64, 512, 2048, 1 << 30)))
        if reach > 8:
            rng.choice(_MUTATIONS)(changed, rng.randrange(reach - 4), other, rng)
    return bytes(changed)


def _flip(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    data[at] ^= 1 << rng.randrange(8)


def _number(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    size, value = rng.choice("BHI"), rng.choice(_TELLING)
    room = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}[size]
    struct.pack_into(rng.choice("<>") + size, data, at, value & room)


def _cut(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    del data[at : at + rng.choice((1, 2, 16, 400))]


def _end(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    del data[max(8, rng.randrange(len(data))) :]


def _repeat(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    piece = data[at : at + rng.choice((4, 40, 400))]
    data[at:at] = piece * rng.choice((1, 2, 50))


def _noise(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    size = min(rng.choice((2, 8, 60)), len(data) - at)
    data[at : at + size] = rng.randbytes(size)


def _graft(data: bytearray, at: int, other: bytes, rng: random.Random) -> None:
    start = rng.randrange(max(1, len(other) - 1))
    piece = other[start : start + rng.choice((8, 100, 2000))]
    data[at : at + len(piece)] = piece


_MUTATIONS: tuple[Callable[[bytearray, int, bytes, random.Random], None], ...] = (
    _flip,
    _flip,
    _number,
    _number,
    _cut,
    _end,
    _repeat,
    _noise,
    _graft,
)


def outcomes(count: int, seed: int, most_seconds: float) -> Iterator[Outcome]:
    """Read mutants until there were `count`, or the time is over."""
    files, rng, start = seeds(), random.Random(seed), time.monotonic()
    names = list(files)
    for number in range(count):
        name = names[number % len(names)]
        data = mutated(files[name], files[rng.choice(names)], rng)
        if time.monotonic() - start > most_seconds:
            return
        yield _outcome(name, data)


def _outcome(name: str, data: bytes) -> Outcome:
    before, fault, came = spent(), "", ""
    try:
        came = _read(name, data)
    except BaseException as error:
        fault = came = f"{type(error).__name__}: {error}"
    seconds = spent() - before
    if not fault and seconds > MOST_SECONDS:
        fault = f"took {seconds:.1f} s"
    return Outcome(name, came, seconds, fault)


def _read(name: str, data: bytes) -> str:
    sources = list_upload("film", data).sources if name == "ZIP" else ()
    for read in [source.read for source in sources] or [lambda: data]:
        try:
            film = read_radiograph(read())
        except ImageError as error:
            _check_sentence(str(error))
            return str(error)
        _check_film(film)
    return "a film"


def _check_sentence(text: str) -> None:
    assert text.endswith(".") and "\n" not in text and len(text) < 600, text


def _check_film(film: Radiograph) -> None:
    assert film.pixels.dtype == np.float32 and film.pixels.shape == film.original_size[::-1]
    assert np.isfinite(film.pixels).all() and film.pixels.min() >= 0 and film.pixels.max() <= 1


def spent() -> float:
    """Return the processor time of this process and all its children so far, in seconds."""
    users = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ended = sum(user.ru_utime + user.ru_stime for user in users)
    ticks = sum(
        sum(map(int, _status(pid, "stat").rpartition(")")[2].split()[11:13]))
        for pid in apart.pids()
    )
    return ended + ticks / 100


def peak_mib() -> float:
    """Return the largest memory of this process and its children, one by one, in MiB."""
    peaks = [_high(pid) for pid in ("self", *map(str, apart.pids()))]
    return max(*peaks, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def _high(pid: str) -> int:
    lines = [line for line in _status(pid, "status").splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) if lines else 0


def _status(pid: int | str, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def main() -> int:
    """Run the mutants and print what came of them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1800, help="stop after so long")
    given = parser.parse_args()
    ran = list(outcomes(given.count, given.seed, given.seconds))
    for outcome in ran:
        if outcome.fault:
            print(json.dumps(outcome.__dict__))
    films = Counter(outcome.came == "a film" for outcome in ran)
    slowest = max((outcome.seconds for outcome in ran), default=0.0)
    print(
        f"{len(ran):,} mutants of {len(seeds())} files, seed {given.seed}: {films[True]:,} films, "
        f"{films[False]:,} sentences; slowest {slowest:.2f} s of processor time, most memory "
        f"{peak_mib():.0f} MiB."
    )
    return 1 if peak_mib() > MOST_MIB or any(outcome.fault for outcome in ran) else 0


if __name__ == "__main__":
    sys.exit(main())
