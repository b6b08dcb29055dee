"""The project's own speed figures, beside the reference implementations, in one run.

Times depend on the machine; ratios of two times from the same run much less. So a figure with a
target is a ratio wherever there is something to compare with: the two sides are measured in turn,
pair by pair, and the median of the pairs' ratios counts. Every ratio names its baseline.
"""

from collections.abc import Iterator

from covidweb.exam.bench import interval, many_films, one_film, references, start
from covidweb.exam.bench.figures import Figure, as_records

__all__ = ["Figure", "as_records", "measure"]

FILMS = 500


def measure(model: str = "default", films: int = FILMS, fresh: bool = True) -> Iterator[Figure]:
    """Yield the figures one by one.

    Args:
        model: name of a bundle that screens films.
        films: how many are screened in a row.
        fresh: also measure what needs processes of its own: starts, the whole command, the server.

    Raises:
        ModelError: there is no such bundle.
    """
    from covidweb.screening import Screener

    screener = Screener.load(model)
    # First, as `predict` does: references load TensorFlow, which nothing else here needs.
    yield from many_films.figures(screener, films, fresh)
    yield from one_film.figures(screener)
    yield from references.figures(screener)
    yield from interval.figures()
    if fresh:
        yield from start.figures(model)
