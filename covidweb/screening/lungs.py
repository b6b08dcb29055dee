"""The lung finder: films in, right and left lungs out."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from covidweb.bundle import Bundle, read_bundle
from covidweb.errors import ModelError
from covidweb.networks.device import prepare_device
from covidweb.networks.standard import WHOLE_FILM, resize_box
from covidweb.radiograph import Radiograph
from covidweb.screening.regions import Lungs, clean

BUNDLE = "lungs"
BATCH = 16


class LungFinder:
    """Finds the lungs with the bundle `lungs`; load it once, use it from any thread.

    Example:
        >>> finder = LungFinder.load()  # doctest: +SKIP
        >>> finder.find([read_radiograph_file(path)])[0].plausible  # doctest: +SKIP
        True
    """

    def __init__(self, bundle: Bundle, model: Any) -> None:
        self.bundle = bundle
        self.size = int(bundle.card["input"]["size"])
        self._model = model
        self._lock = threading.Lock()

    @classmethod
    def load(cls, root: Path | None = None, name: str = BUNDLE) -> "LungFinder":
        """Load the bundle from `root`, by default the project's `model/`.

        Raises:
            ModelError: the bundle is missing, damaged, or not a lung finder.
        """
        bundle = read_bundle(name, root)
        if bundle.kind != "lungs":
            raise ModelError(f"'{name}' does not find lungs. Received a bundle of {bundle.kind}.")
        weights = bundle.weights()
        prepare_device()
        import keras

        return cls(bundle, keras.models.load_model(weights, compile=False))

    def find(self, radiographs: Sequence[Radiograph]) -> list[Lungs]:
        """Return the lungs of each film, in order; masks are (size, size)."""
        found: list[Lungs] = []
        for start in range(0, len(radiographs), BATCH):
            films = radiographs[start : start + BATCH]
            small = [resize_box(film.pixels, WHOLE_FILM, self.size) for film in films]
            aspects = [film.pixels.shape[1] / film.pixels.shape[0] for film in films]
            maps = self.maps(np.stack(small))
            found += [clean(soft, aspect) for soft, aspect in zip(maps, aspects, strict=True)]
        return found

    def maps(self, films: np.ndarray) -> np.ndarray:
        """Return the probability of lung, float32 (N, size, size), of films of that shape."""
        with self._lock:
            return np.asarray(self._model.predict_on_batch(films[..., None]))[..., 0]
