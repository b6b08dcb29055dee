import io

import numpy as np
import pytest

from covidweb.errors import ImageError
from covidweb.radiograph import Source
from covidweb.screening import batch
from covidweb.screening.batch import screen_sources, thumbnail
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


def sources(film_png, count):
    return [Source(f"{i}.png", lambda i=i: film_png(i)) for i in range(count)]


def test_a_batch_gives_every_row_in_order_with_failures_in_place(film_png):
    def broken():
        raise ImageError("This file is broken.")

    items = sources(film_png, 6)
    items.insert(2, Source("bad.png", broken))
    items.insert(4, Source("text.png", lambda: b"hello, I am text"))
    screener = FakeScreener()
    rows = screen_sources(items, screener)
    assert [r.name for r in rows] == [s.name for s in items]
    assert [r.result.status for r in rows].count("error") == 2
    assert rows[2].result.reason == "This file is broken." and rows[2].thumbnail == b""
    assert "not a picture" in rows[4].result.reason
    assert rows[0].data == film_png(0) and len(rows[0].sha256) == 64
    assert rows[3].result.probability == pytest.approx(FakeAnswer(film_png(2)), abs=1e-6)
    assert screener.sizes == [6]


def test_a_file_for_which_memory_is_short_is_one_failed_row(film_png):
    def greedy():
        raise MemoryError

    first, second = screen_sources([Source("a", greedy), *sources(film_png, 1)], FakeScreener())
    assert first.result.status == "error" and "memory" in first.result.reason
    assert second.result.status == "ok"


def FakeAnswer(data):
    from covidweb.radiograph import read_radiograph

    return float(read_radiograph(data).pixels.mean())


def test_a_film_on_which_the_network_fails_is_one_failed_row(film_png):
    class Fragile(FakeScreener):
        def screen_many(self, radiographs):
            if any(film.pixels.shape[0] == 96 for film in radiographs):
                raise RuntimeError("shape mismatch")
            return super().screen_many(radiographs)

    items = [*sources(film_png, 2), Source("bad.png", lambda: film_png(9, (96, 96)))]
    rows = screen_sources(items, Fragile())
    assert [row.result.status for row in rows] == ["ok", "ok", "error"]
    assert "failed on this film" in rows[2].result.reason and rows[2].thumbnail


def test_a_file_that_fails_in_a_way_nobody_foresaw_is_one_failed_row(film_png):
    def surprising():
        raise ZeroDivisionError

    first, second = screen_sources([Source("a", surprising), *sources(film_png, 1)], FakeScreener())
    assert first.result.reason == "This file could not be read."
    assert second.result.status == "ok"


def test_a_thumbnail_is_a_small_jpeg():
    from PIL import Image

    with Image.open(io.BytesIO(thumbnail(np.full((400, 200), 0.5, np.float32)))) as image:
        assert image.format == "JPEG"
        assert max(image.size) == batch.THUMBNAIL and image.size[0] * 2 == image.size[1]
