"""Small files that would take much memory or time, each made by a few lines; and a scale for them.

`python bombs.py --make FOLDER` makes them. `python bombs.py FILE...` reads files in a process of
its own and prints, per file, a line of JSON: what came out, the processor time, and the largest
memory of the process and its children.
"""

import io
import json
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def webp_header() -> bytes:
    """34 bytes that ask for 16,383 x 16,383 pixels in four channels."""
    return _webp(16_383)


def webp_under_the_pixel_limit() -> bytes:
    """34 bytes that ask for 9,900 x 9,900 pixels: two canvases and a frame in four channels."""
    return _webp(9_900)


def png_header() -> bytes:
    """A PNG of 20,000 x 4,900 pixels in 16-bit colour whose data are hardly there."""
    header = struct.pack(">IIBBBBB", 20_000, 4_900, 16, 2, 0, 0, 0)
    return _png(_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(bytes(1000))))


def png_of_pieces() -> bytes:
    """A PNG with a million empty pieces before its picture."""
    header = struct.pack(">IIBBBBB", 100, 100, 8, 0, 0, 0, 0)
    return _png(_chunk(b"IHDR", header), _chunk(b"teSt", b"") * 1_000_000)


def jpeg_of_scans() -> bytes:
    """A progressive JPEG of 340 kB that refines the same blank picture 9,000 times."""
    stream = io.BytesIO()
    Image.new("L", (2000, 2000), 90).save(stream, "JPEG", progressive=True, quality=30)
    data = stream.getvalue()
    last = data.rindex(b"\xff\xc4", 0, data.rindex(b"\xff\xda"))
    return data[:last] + data[last:-2] * 9_000 + b"\xff\xd9"


def jpeg_of_segments() -> bytes:
    """A JPEG with four million empty segments before its picture."""
    return b"\xff\xd8" + b"\xff\xe2\x00\x02" * 4_000_000 + b"\xff\xd9"


def tiff_of_pages() -> bytes:
    """A TIFF whose pages lie one behind the other, 200,000 of them, each of one entry."""
    page = 2 + 12 + 4
    pages = [
        struct.pack("<HHHIII", 1, 254, 4, 1, 1, 8 + page * (number + 1))
        for number in range(200_000)
    ]
    return b"II*\x00" + struct.pack("<I", 8) + b"".join(pages)


def bmp_of_runs() -> bytes:
    """A run-length BMP of 9,000 x 9,000 pixels, one run a byte."""
    runs = b"\x01\x50" * 20_000_000
    size = struct.pack("<IiiHHIIiiII", 40, 9_000, 9_000, 1, 8, 1, len(runs), 0, 0, 256, 0)
    offset = 14 + len(size) + 1024
    return (
        b"BM" + struct.pack("<IHHI", offset + len(runs), 0, 0, offset) + size + bytes(1024) + runs
    )


def dicom_wavelet() -> bytes:
    """A JPEG 2000 of 9,000 x 9,000 pixels in a few hundred bytes."""
    return _encapsulated([_blank_wavelet(9_000)], 9_000, "1.2.840.10008.1.2.4.90")


def dicom_wavelet_that_lies() -> bytes:
    """A JPEG 2000 of 9,000 x 9,000 pixels in a file that says 100 x 100."""
    return _encapsulated([_blank_wavelet(9_000)], 100, "1.2.840.10008.1.2.4.90")


def dicom_runs_with_a_sigmoid() -> bytes:
    """A run-length film of 9,500 x 9,500 pixels under a sigmoid window."""
    row = b"\x81\x10" * (9_500 // 128) + bytes([257 - 9_500 % 128, 16])
    header = struct.pack("<16I", 1, 64, *[0] * 14)
    window = {"WindowCenter": 20, "WindowWidth": 10, "VOILUTFunction": "SIGMOID"}
    return _encapsulated([header + row * 9_500], 9_500, "1.2.840.10008.1.2.5", 8, **window)


def dicom_of_fragments() -> bytes:
    """A compressed film in three million empty pieces."""
    return _encapsulated([b""] * 3_000_000, 100, "1.2.840.10008.1.2.4.50", 8)


def dicom_of_elements() -> bytes:
    """A data set of three million empty private elements."""
    elements = b"".join(struct.pack("<HH2sH", 9, 0x10, b"LO", 0) for _ in range(3_000_000))
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 0) + elements


def dicom_of_items() -> bytes:
    """A sequence of two million empty items."""
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 2_000_000
    start = struct.pack("<HH2sHI", 0x28, 0x3010, b"SQ", 0, len(items))
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 0) + start + items


def zip_of_bzip2() -> bytes:
    """A ZIP of some hundred bytes whose member unpacks to 1 GiB."""
    return _zipped(zipfile.ZIP_BZIP2, 1024)


def zip_of_lzma() -> bytes:
    """The same with LZMA, to 256 MiB."""
    return _zipped(zipfile.ZIP_LZMA, 256)


BOMBS = {
    maker.__name__: maker
    for maker in (
        webp_header, webp_under_the_pixel_limit, png_header, png_of_pieces, jpeg_of_scans,
        jpeg_of_segments, tiff_of_pages, bmp_of_runs, dicom_wavelet, dicom_wavelet_that_lies,
        dicom_runs_with_a_sigmoid, dicom_of_fragments, dicom_of_elements, dicom_of_items,
        zip_of_bzip2, zip_of_lzma,
    )
}  # fmt: skip


def _webp(side: int) -> bytes:
    bits = (side - 1 | side - 1 << 14).to_bytes(4, "little")
    body = b"VP8L" + struct.pack("<I", 14) + b"\x2f" + bits + bytes(9)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _zipped(packing: int, mib: int) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", packing) as archive,
        archive.open("film.png", "w") as member,
    ):
        member.write(b"\x89PNG\r\n\x1a\n")
        for _ in range(mib):
            member.write(bytes(2**20))
    return stream.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + _chunk(b"IEND", b"")


def _blank_wavelet(side: int) -> bytes:
    """A JPEG 2000 of one grey: that of 64 x 64 pixels, told to be larger."""
    stream = io.BytesIO()
    Image.new("L", (64, 64), 90).save(stream, "JPEG2000", no_jp2=True, num_resolutions=1)
    data = bytearray(stream.getvalue())
    sizes = data.index(b"\xff\x51") + 6
    struct.pack_into(">LL", data, sizes, side, side)
    struct.pack_into(">LL", data, sizes + 16, side, side)
    return bytes(data)


def _encapsulated(pieces, side, syntax, bits=8, **elements) -> bytes:
    from dicoms import dicom

    data = dicom(np.zeros((64, 64), np.uint8), Rows=side, Columns=side, **elements)
    plain, new = b"1.2.840.10008.1.2.1\0", syntax.encode() + b"\0" * (len(syntax) % 2)
    place = data.index(plain)
    data = data[: place - 2] + struct.pack("<H", len(new)) + new + data[place + len(plain) :]
    longer = int.from_bytes(data[140:144], "little") + len(new) - len(plain)
    data = data[:140] + struct.pack("<I", longer) + data[144:]
    start = data.rindex(struct.pack("<HH", 0x7FE0, 0x10))
    body = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + b"".join(
        struct.pack("<HHI", 0xFFFE, 0xE000, len(piece) + len(piece) % 2)
        + piece
        + b"\0" * (len(piece) % 2)
        for piece in pieces
    )
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return data[:start] + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF) + body + end


def measure(data: bytes) -> dict[str, object]:
    """Read bytes in this process; its memory and its children's are the largest so far."""
    import resource

    from covidweb.errors import ImageError
    from covidweb.radiograph import apart, list_upload, read_radiograph

    def spent() -> float:
        users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, users))

    apart.stop()
    before = spent()
    try:
        film = read_radiograph(list_upload("bomb", data).sources[0].read())
        came = f"film {film.pixels.shape}"
    except ImageError as error:
        came = str(error)
    apart.stop()
    # A new process inherits the largest memory of the one that started it: its own is elsewhere.
    own = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak = max(int(own[1]) if own else 0, children) / 1024
    return {"came": came, "seconds": spent() - before, "mib": peak}


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        for bomb, make in BOMBS.items():
            (Path(sys.argv[2]) / bomb).write_bytes(make())
        sys.exit()
    for name in sys.argv[1:]:
        print(json.dumps(measure(Path(name).read_bytes())), flush=True)
