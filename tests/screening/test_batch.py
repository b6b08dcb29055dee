import io
import zipfile

import numpy as np
import pytest

from covidweb.errors import ImageError
from covidweb.screening import batch
from covidweb.screening.batch import Batch, Source, base_name, list_folder, list_upload, thumbnail
from covidweb.screening.result import ModelId, ScreeningResult

MODEL = ModelId("made-up", "0" * 64)


class FakeScreener:
    """Answers every film with its mean grey, and remembers how many came together."""

    def __init__(self):
        self.sizes = []

    def screen_many(self, radiographs):
        self.sizes.append(len(radiographs))
        return [
            ScreeningResult("ok", 0.5, MODEL, "normal", float(film.pixels.mean()))
            for film in radiographs
        ]

    def failure(self, reason):
        return ScreeningResult("error", 0.5, MODEL, reason=reason)


def zipped(members, **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def test_a_film_is_its_own_listing(film_png):
    (source,) = list_upload("some/where/film.png", film_png(0)).sources
    assert source.name == "film.png"
    assert source.read() == film_png(0)


def test_a_zip_gives_its_films_by_base_name_and_leaves_the_rest_out(film_png):
    data = zipped(
        [
            ("deep/er/a.png", film_png(0)),
            ("..\\..\\evil.png", film_png(1)),
            ("/etc/b.jpg", film_png(2)),
            ("IM0001", film_png(3)),
            ("notes.txt", b"patients"),
            ("__MACOSX/._a.png", b"fork"),
            (".DS_Store", b"x"),
            ("folder/", b""),
        ]
    )
    found = list_upload("many.zip", data)
    assert [s.name for s in found.sources] == ["a.png", "evil.png", "b.jpg", "IM0001"]
    assert found.left_out == ("notes.txt",)
    assert found.sources[1].read() == film_png(1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 not really", "broken"),
        (zipped([]), "no films"),
        (zipped([("readme.md", b"x")]), "no films"),
    ],
)
def test_an_archive_without_films_becomes_one_row_that_says_why(data, said):
    (source,) = list_upload("bad.zip", data).sources
    assert source.name == "bad.zip"
    with pytest.raises(ImageError, match=said):
        source.read()


def test_a_bomb_is_not_unpacked():
    data = zipped([("bomb.png", bytes(batch.ALWAYS_UNPACKED + 1))])
    assert len(data) < 100_000
    (source,) = list_upload("bomb.zip", data).sources
    with pytest.raises(ImageError, match="far more"):
        source.read()


def test_sizes_in_the_archive_that_lie_do_not_help(film_png, monkeypatch):
    monkeypatch.setattr(batch, "ALWAYS_UNPACKED", 10)
    monkeypatch.setattr(batch, "MAX_RATIO", 0)
    (source,) = list_upload("a.zip", zipped([("a.png", film_png(0))])).sources
    with pytest.raises(ImageError, match="far more"):
        source.read()


def test_too_many_members_and_too_many_bytes_are_refused(film_png, monkeypatch):
    data = zipped([("a.png", film_png(0)), ("b.png", film_png(1))])
    monkeypatch.setattr(batch, "MAX_MEMBERS", 1)
    with pytest.raises(ImageError, match="too many"):
        list_upload("a.zip", data).sources[0].read()
    monkeypatch.setattr(batch, "MAX_MEMBERS", 9)
    monkeypatch.setattr(batch, "MAX_UNPACKED", 1000)
    with pytest.raises(ImageError, match="in parts"):
        list_upload("a.zip", data).sources[0].read()


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


def test_a_folder_is_read_with_its_subfolders(tmp_path, film_png):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.png").write_bytes(film_png(1))
    (tmp_path / "a.png").write_bytes(film_png(0))
    (tmp_path / "labels.csv").write_text("no film")
    (tmp_path / ".hidden.png").write_bytes(b"x")
    found = list_folder(tmp_path)
    assert [s.name for s in found.sources] == ["a.png", "b.png"]
    assert found.left_out == ("labels.csv",)
    assert found.sources[1].read() == film_png(1)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("C:\\Users\\someone\\film.png", "film.png"),
        ("../../film.png", "film.png"),
        ("a\x00b\n.png", "ab.png"),
        ("", "unnamed"),
        ("..", ".."),
    ],
)
def test_only_base_names_are_kept(name, base):
    assert base_name(name) == base


def sources(film_png, count):
    return [Source(f"{i}.png", lambda i=i: film_png(i)) for i in range(count)]


def test_a_batch_gives_every_row_in_order_with_failures_in_place(film_png):
    def broken():
        raise ImageError("This file is broken.")

    items = sources(film_png, 6)
    items.insert(2, Source("bad.png", broken))
    items.insert(4, Source("text.png", lambda: b"hello, I am text"))
    screener = FakeScreener()
    rows = list(Batch(items, screener).run())
    assert [r.name for r in rows] == [s.name for s in items]
    assert [r.result.status for r in rows].count("error") == 2
    assert rows[2].result.reason == "This file is broken." and rows[2].thumbnail == b""
    assert "not a picture" in rows[4].result.reason
    assert rows[0].data == film_png(0) and len(rows[0].sha256) == 64
    assert rows[3].result.probability == pytest.approx(FakeAnswer(film_png(2)), abs=1e-6)
    assert screener.sizes == [3, 3]


def FakeAnswer(data):
    from covidweb.radiograph import read_radiograph

    return float(read_radiograph(data).pixels.mean())


def test_a_step_is_short_and_tells_how_long_the_rest_takes(film_png):
    running = Batch(sources(film_png, 10), FakeScreener())
    assert running.seconds_left is None and running.total == 10
    assert len(running.step(0.0)) == batch.CHUNK
    assert running.done == batch.CHUNK and not running.finished
    left = running.seconds_left
    assert left == pytest.approx(running.seconds / 4 * 6)
    assert len(running.step(60.0)) == 6
    assert running.finished and running.seconds_left == 0


def test_a_cancelled_batch_stops_and_keeps_what_is_done(film_png):
    running = Batch(sources(film_png, 10), FakeScreener())
    running.step(0.0)
    running.cancel()
    assert running.finished and running.done == batch.CHUNK
    assert running.step() == []


def test_an_empty_batch_is_finished():
    assert Batch([], FakeScreener()).finished


def test_a_thumbnail_is_a_small_jpeg():
    from PIL import Image

    with Image.open(io.BytesIO(thumbnail(np.full((400, 200), 0.5, np.float32)))) as image:
        assert image.format == "JPEG"
        assert max(image.size) == batch.THUMBNAIL and image.size[0] * 2 == image.size[1]
