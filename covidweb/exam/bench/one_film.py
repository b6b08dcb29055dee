"""One film: decoding, the prediction alone, and what the map and the zones add to it."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PIL import Image

from covidweb.exam.bench.figures import Figure, at_least, at_most, milliseconds, pairs
from covidweb.exam.bench.films import film_files, films
from covidweb.exam.bench.forward import forward
from covidweb.radiograph import Radiograph, read_radiograph

if TYPE_CHECKING:
    from covidweb.screening import Screener


def figures(screener: "Screener") -> Iterator[Figure]:
    """Measure one film, and a batch of 16 against films one by one."""
    film, near = _once_and_again(screener)
    data = film_files()[0]
    reading = pairs(lambda: read_radiograph(data), lambda: Image.open(io.BytesIO(data)).load())
    yield Figure("Decode one film with Pillow", reading.theirs_ms, "ms")
    yield Figure("Read one film", reading.ours_ms, "ms")
    yield at_most("Read one film", reading.ratio, "x", 2.0, "Pillow's decoding")

    network = forward(screener)

    def predicted() -> None:
        ready = screener.prepare(film)
        network(screener.laid_out(ready.input.array[None]))

    whole = pairs(lambda: screener.screen(film), predicted, 15)
    yield Figure("Prediction alone, lungs included, one film", whole.theirs_ms, "ms")
    yield Figure("Answer with map and zones, one film", whole.ours_ms, "ms")
    yield at_most("Map and zones", whole.ratio, "x", 1.15, "the prediction alone")

    if near is not None:
        twice = pairs(lambda: screener.screen(near), lambda: screener.screen(film), 15)
        yield Figure("A film near the middle, read again", twice.ratio, "x", "one read once")

    many = [films()[i % len(films())] for i in range(16)]
    batch = pairs(
        lambda: [screener.screen(one) for one in many], lambda: screener.screen_many(many), 3
    )
    yield Figure("One film in a batch of 16", batch.theirs_ms / len(many), "ms")
    yield at_least("Films one by one", batch.ratio, "x", 1.2, "the same films in a batch of 16")
    yield Figure("One explanation by tf-keras-vis as the page asks", _explained(screener), "ms")


def _once_and_again(screener: "Screener") -> tuple[Radiograph, Radiograph | None]:
    """Return a film that is read once, and one that is read again where there is one."""
    answers = list(zip(films(), screener.screen_many(films()), strict=True))
    once = [film for film, result in answers if not result.readings]
    again = [film for film, result in answers if result.readings]
    return (*once, *again)[0], next(iter(again), None)


def _explained(screener: "Screener") -> float:
    film = films()[0]
    screener.explain(film, "gradcam")
    return milliseconds(lambda: screener.explain(film, "gradcam"))
