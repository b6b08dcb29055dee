import io

import numpy as np
import pytest

from covidweb.errors import ImageError
from covidweb.radiograph import Source
from covidweb.screening import batch
from covidweb.screening.batch import Batch, thumbnail
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
    rows = list(Batch(items, screener).run())
    assert [r.name for r in rows] == [s.name for s in items]
    assert [r.result.status for r in rows].count("error") == 2
    assert rows[2].result.reason == "This file is broken." and rows[2].thumbnail == b""
    assert "not a picture" in rows[4].result.reason
    assert rows[0].data == film_png(0) and len(rows[0].sha256) == 64
    assert rows[3].result.probability == pytest.approx(FakeAnswer(film_png(2)), abs=1e-6)
    assert screener.sizes == [3, 3]


def test_a_file_for_which_memory_is_short_is_one_failed_row(film_png):
    def greedy():
        raise MemoryError

    first, second = Batch([Source("a", greedy), *sources(film_png, 1)], FakeScreener()).run()
    assert first.result.status == "error" and "memory" in first.result.reason
    assert second.result.status == "ok"


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
