import struct

import pytest

from covidweb.radiograph.sizes import stated_size


def chunk(name, body=b""):
    return struct.pack(">I", len(body)) + name + body + bytes(4)


@pytest.mark.parametrize(("parts", "plain"), [(1, True), (15_000, True), (20_000, False)])
def test_a_png_in_very_many_parts_is_not_plain(parts, plain):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 200, 16, 2, 0, 0, 0))
    # The letters alone, within a part, are no further part.
    picture = chunk(b"IDAT", b"IDAT" * 30_000) + chunk(b"IDAT") * (parts - 1)
    found = stated_size(b"\x89PNG\r\n\x1a\n" + header + picture + chunk(b"IEND"), "PNG")
    assert found == (300, 200, 6, plain)
