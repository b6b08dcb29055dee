"""One simulated film, and the samples that the pages offer."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from covidweb.simulate.anatomy import draw_chest, draw_exposure
from covidweb.simulate.film import develop, lit_area
from covidweb.simulate.grid import make_grid
from covidweb.simulate.lesions import draw_lesions
from covidweb.simulate.projection import project

SAMPLE_SIZE = 320
FIRST_SAMPLE = 900


@dataclass(frozen=True, eq=False)
class SimulatedFilm:
    """A film computed from a digital chest: nobody's radiograph.

    Attributes:
        pixels: float32 (H, W) in 0..1, air dark and bone bright.
        lung_mask: bool (H, W), both lungs, with what lies behind the heart.
        right, left: bool (H, W), the patient's right (image left) and left lung.
        opacity: float32 (H, W) in 0..1, exact place of the opacities; all 0 where healthy.
        covid: whether the chest was given opacities. label: `covid` or `normal`.
        view: `PA` or `AP`. sex: `F` or `M`. seed: draws the same film again.
    """

    pixels: np.ndarray
    lung_mask: np.ndarray
    right: np.ndarray
    left: np.ndarray
    opacity: np.ndarray
    covid: bool
    label: str
    view: str
    sex: str
    seed: int

    def png(self) -> bytes:
        """Return the film as the bytes of an 8-bit PNG."""
        stream = io.BytesIO()
        Image.fromarray(np.round(self.pixels * 255).astype(np.uint8)).save(stream, "PNG")
        return stream.getvalue()


def simulate_film(seed: int, covid: bool, size: int = 512) -> SimulatedFilm:
    """Compute a chest film.

    The chest, the exposure and the noise depend on `seed` alone, so the two films of one seed
    differ in their opacities and in nothing else.

    Args:
        seed: draws everything; the same seed gives the same film.
        covid: give the lungs ground-glass opacities and consolidations.
        size: longest side in pixels.
    """
    patient, detail, sick, ragged, dark = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)
    )
    chest = draw_chest(patient)
    grid = make_grid(chest, draw_exposure(patient, chest), size)
    lesions = draw_lesions(chest, sick) if covid else ()
    seen = project(grid, lesions, detail, ragged)
    lit = lit_area(grid.exposure, grid.shape)
    right, left = seen.right & lit, seen.left & lit
    return SimulatedFilm(
        pixels=develop(grid, seen.attenuation, seen.healthy, seen.right | seen.left, dark),
        lung_mask=right | left,
        right=right,
        left=left,
        opacity=seen.opacity * lit,
        covid=covid,
        label="covid" if covid else "normal",
        view=grid.exposure.view,
        sex=chest.sex,
        seed=seed,
    )


def sample_seed(index: int) -> tuple[int, bool]:
    """Return what the sample of an index is drawn from, and whether it has opacities."""
    return FIRST_SAMPLE + index, index % 2 == 0


@lru_cache(maxsize=12)
def sample_film(index: int) -> SimulatedFilm:
    """Return a film to try the page with; every second one has opacities."""
    return simulate_film(*sample_seed(index), SAMPLE_SIZE)


def sample_opacity(seed: int) -> np.ndarray:
    """Return the opacities of the sample drawn from a seed, as in `SimulatedFilm`."""
    return sample_film(seed - FIRST_SAMPLE).opacity


@lru_cache(maxsize=4)
def sample_films(count: int = 6) -> tuple[SimulatedFilm, ...]:
    """Return the first few samples."""
    return tuple(sample_film(index) for index in range(count))
