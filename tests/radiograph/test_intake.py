"""One way in: files, folders and archives, listed alike for the page and the command line."""

import io
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dicoms import dicom, disc_directory

from covidweb.errors import ImageError
from covidweb.radiograph import Limits, list_paths, list_upload


def zipped(members, packed=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed) as written:
        for name, data in members:
            written.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def disc(film_png):
    """What lies on a disc of films, by name; the first four are films."""
    drawn = np.full((80, 80), 90, np.uint8)
    return {
        "1.2.840.99.17": dicom(drawn),
        "DICOM/IM0001": dicom(drawn + 1),
        "DICOM/IM0002": dicom(drawn + 2, "implicit"),
        "export.jpeg": film_png(3),
        "DICOMDIR": disc_directory(),
        "DICOM/._IM0001": b"\x00\x05\x16\x07 fork",
        ".DS_Store": b"x",
        "Thumbs.db": b"x",
        "AUTORUN.INF": b"[autorun]\n",
        "README": b"How to use this disc\n",
        "viewer.exe": b"MZ\x90\x00" + bytes(range(200)),
    }


FILMS = ["1.2.840.99.17", "IM0001", "IM0002", "export.jpeg"]


def _lay(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _ways(disc, tmp_path, way):
    if way == "folder":
        _lay(tmp_path, disc)
        return list_paths([tmp_path])
    if way == "archive":
        return list_upload("disc.zip", zipped(disc.items()))
    if way == "archive in a folder":
        (tmp_path / "disc.zip").write_bytes(zipped(disc.items()))
        return list_paths([tmp_path])
    found = [list_upload(name, data, chosen=False) for name, data in disc.items()]
    return sum(found[1:], found[0])


@pytest.mark.parametrize("way", ["folder", "archive", "archive in a folder", "folder uploaded"])
def test_a_disc_gives_its_films_and_names_the_rest(disc, tmp_path, way):
    found = _ways(disc, tmp_path, way)
    assert sorted(source.name for source in found.sources) == FILMS
    by_name = {source.name: source.read() for source in found.sources}
    assert by_name["IM0002"] == disc["DICOM/IM0002"]
    assert {left.name: left.why for left in found.left_out} == {
        "DICOMDIR": "the directory of a disc",
        "._IM0001": "what a Mac keeps about another file",
        ".DS_Store": "a file of the system",
        "Thumbs.db": "a file of the system",
        "AUTORUN.INF": "plain text",
        "README": "plain text",
        "viewer.exe": "bytes of an unknown kind",
    }
    assert "7 files are no films and were left out:" in found.note()
    assert "and 4 more." in found.note()


def test_a_directory_by_another_name_is_left_out():
    found = list_upload("INDEX", disc_directory(), chosen=False)
    assert found.sources == () and found.left_out[0].why == "the directory of a disc"


def test_a_nested_archive_is_named_and_left_out(film_png):
    inner = zipped([("b.png", film_png(1))])
    found = list_upload("a.zip", zipped([("a.png", film_png(0)), ("more.zip", inner)]))
    assert [source.name for source in found.sources] == ["a.png"]
    assert [(left.name, left.why) for left in found.left_out] == [
        ("more.zip", "a ZIP archive or an office document")
    ]


def test_an_office_document_in_a_folder_is_left_out(tmp_path, film_png):
    _lay(tmp_path, {"a.png": film_png(0), "letter.docx": zipped([("word/document.xml", "<?xml")])})
    found = list_paths([tmp_path])
    assert [source.name for source in found.sources] == ["a.png"]
    assert found.left_out[0].name == "letter.docx"


def test_a_chosen_file_always_gets_its_row(tmp_path):
    (tmp_path / "notes.txt").write_text("no film")
    names = [tmp_path / "notes.txt", tmp_path / "gone.png", tmp_path / ("x" * 300)]
    found = list_paths(names)
    assert [source.path for source in found.sources] == list(map(str, names))
    with pytest.raises(ImageError, match=r"cannot be opened.*gone\.png"):
        found.sources[1].read()
    assert list_upload("notes.txt", b"no film").sources[0].read() == b"no film"


def test_films_of_a_folder_come_in_the_order_of_their_paths(tmp_path, film_png):
    _lay(tmp_path, {name: film_png(0) for name in ("b.png", "sub/a.png", "a.png")})
    paths = [Path(source.path).relative_to(tmp_path) for source in list_paths([tmp_path]).sources]
    assert paths == [Path("a.png"), Path("b.png"), Path("sub/a.png")]


def test_a_name_that_is_no_utf8_is_listed_and_read(tmp_path, film_png):
    path = Path(str(tmp_path) + "/" + b"f\xfclm".decode("utf-8", "surrogateescape"))
    path.write_bytes(film_png(0))
    (source,) = list_paths([tmp_path]).sources
    assert source.name == "f�lm" and source.path.encode()
    assert source.read() == film_png(0)


def test_a_link_to_nothing_is_named(tmp_path):
    (tmp_path / "film.png").symlink_to(tmp_path / "gone.png")
    assert list_paths([tmp_path]).left_out[0].why == "a link to nothing"


def test_a_zip_gives_its_films_by_base_name(film_png):
    names = ["deep/er/a.png", "..\\..\\evil.png", "/etc/b.jpg", "folder/"]
    data = zipped([(name, film_png(i) if "." in name else b"") for i, name in enumerate(names)])
    found = list_upload("many.zip", data)
    assert [s.name for s in found.sources] == ["a.png", "evil.png", "b.jpg"]
    assert found.sources[0].path == "many.zip/deep/er/a.png"
    assert found.sources[1].read() == film_png(1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 not really", "broken"),
        (zipped([]), "no films"),
        (zipped([("readme.md", b"x")]), r"no films.*readme\.md \(plain text\)"),
    ],
)
def test_an_archive_without_films_becomes_one_row_that_says_why(data, said):
    (source,) = list_upload("bad.zip", data).sources
    assert source.name == "bad.zip"
    with pytest.raises(ImageError, match=said):
        source.read()


def test_a_bomb_is_not_unpacked():
    data = zipped([("bomb.png", bytes(Limits().always_unpacked_bytes + 1))])
    assert len(data) < 100_000
    (source,) = list_upload("bomb.zip", data).sources
    with pytest.raises(ImageError, match="far more"):
        source.read()


@pytest.mark.parametrize(
    ("packed", "name"), [(zipfile.ZIP_BZIP2, "BZIP2"), (zipfile.ZIP_LZMA, "LZMA")]
)
def test_other_packings_are_named_and_not_unpacked(packed, name):
    """The library bounds what it hands out of these, but not what it decompresses."""
    data = zipped([("bomb.png", bytes(100 * 2**20))], packed)
    tracemalloc.start()
    try:
        (source,) = list_upload("bomb.zip", data).sources
        with pytest.raises(ImageError, match=f"stored and deflated.*{name}"):
            source.read()
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_sizes_in_the_archive_that_lie_do_not_help(film_png):
    data = bytearray(zipped([("a.png", film_png(0) + bytes(20 * 2**20))]))
    listed = data.rindex(b"PK\x01\x02") + 24
    data[listed : listed + 4] = (1000).to_bytes(4, "little")
    (source,) = list_upload("a.zip", bytes(data)).sources
    with pytest.raises(ImageError, match="broken inside"):
        source.read()


def test_too_many_members_and_too_many_bytes_are_refused(film_png, monkeypatch):
    data = zipped([("a.png", film_png(0)), ("b.png", bytes(2 * 2**20))])
    monkeypatch.setenv("COVIDWEB_MAX_ARCHIVE_FILES", "1")
    with pytest.raises(ImageError, match=r"too many.*at most 1 "):
        list_upload("a.zip", data).sources[0].read()
    monkeypatch.delenv("COVIDWEB_MAX_ARCHIVE_FILES")
    monkeypatch.setenv("COVIDWEB_MAX_ARCHIVE_MIB", "1")
    with pytest.raises(ImageError, match=r"1 MiB.*in parts"):
        list_upload("a.zip", data).sources[0].read()


def test_a_list_longer_than_any_archive_may_have_is_not_read():
    """The library makes an object of every entry before anybody can count them."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", *[0] * 18)
    count = 200_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, count * len(entry), 0, 0)
    tracemalloc.start()
    try:
        (source,) = list_upload("a.zip", entry * count + end).sources
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * 2**20
    (source,) = list_upload("a.zip", b"PK\x03\x04" + entry * count + end).sources
    with pytest.raises(ImageError, match="too many"):
        source.read()


def test_a_locked_or_damaged_member_says_so(film_png):
    data = bytearray(zipped([("a.png", film_png(0))]))
    locked = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + offset] |= 1
    with pytest.raises(ImageError, match="password"):
        list_upload("a.zip", bytes(locked)).sources[0].read()
    data[200:260] = bytes(60)
    with pytest.raises(ImageError, match="broken inside"):
        list_upload("a.zip", bytes(data)).sources[0].read()
