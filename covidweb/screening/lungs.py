"""The lung finder: films in, right and left lungs out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from covidweb.bundle import Bundle, read_bundle
from covidweb.errors import ModelError
from covidweb.networks.standard import WHOLE_FILM, resize_box
from covidweb.radiograph import Radiograph
from covidweb.screening.line import Shared
from covidweb.screening.networks import network_of
from covidweb.screening.regions import Lungs, clean

BUNDLE = "lungs"


class LungFinder:
    """Finds the lungs with the bundle `lungs`; load it once, use it from any thread.

    Threads that ask at the same time share the network's batches.

    Example:
        >>> finder = LungFinder.load()  # doctest: +SKIP
        >>> finder.find([read_radiograph_file(path)])[0].plausible  # doctest: +SKIP
        True
    """

    def __init__(self, bundle: Bundle, run: Callable[[np.ndarray], np.ndarray]) -> None:
        self.bundle = bundle
        self.size = bundle.card.input.size
        self._run = run
        self._shared = Shared[np.ndarray, np.ndarray](
            lambda films: list(self.maps(np.stack(films)))
        )

    @classmethod
    def load(cls, root: Path | None = None, name: str = BUNDLE) -> "LungFinder":
        """Load the bundle from `root`, by default the project's `model/`.

        Raises:
            ModelError: the bundle is missing, damaged, or not a lung finder.
        """
        bundle = read_bundle(name, root)
        if bundle.kind != "lungs":
            raise ModelError(f"'{name}' does not find lungs. Received a bundle of {bundle.kind}.")
        return cls(bundle, network_of(bundle))

    def find(self, radiographs: Sequence[Radiograph]) -> list[Lungs]:
        """Return the lungs of each film, in order; masks are (size, size)."""
        soft = self._shared(
            lambda: [resize_box(film.pixels, WHOLE_FILM, self.size) for film in radiographs]
        )
        aspects = [film.pixels.shape[1] / film.pixels.shape[0] for film in radiographs]
        return [clean(lungs, aspect) for lungs, aspect in zip(soft, aspects, strict=True)]

    def maps(self, films: np.ndarray) -> np.ndarray:
        """Return the probability of lung, float32 (N, size, size), of films of that shape."""
        return np.asarray(self._run(films[..., None])[..., 0])
