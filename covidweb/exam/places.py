"""Does the map find what is known to be there? Boxes, inserted opacities and simulated films.

Each check gives how often the map's hottest point lies on what is known to be opaque, how often a
random point of the lungs would, and the same for the zone with most of the evidence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from covidweb.dataset import load_manifest, split_manifest
from covidweb.dataset.boxes import SIDES, in_boxes, read_boxes
from covidweb.errors import DataError
from covidweb.radiograph import Radiograph, read_radiograph
from covidweb.screening.localisation import chance, hit, points_at
from covidweb.screening.placement import lay
from covidweb.screening.regions import Lungs, evidence_by_zone, mask_on_film, zones
from covidweb.simulate import simulate_film
from covidweb.simulate.opacity import insert_opacity
from covidweb.training.films import read_films

if TYPE_CHECKING:
    from covidweb.exam.sample import Sample
    from covidweb.screening import Screener

STRENGTH = 0.8
"""Of inserted opacities: 0 barely visible, 1 dense."""
SIMULATED_SEED = 5000
SIMULATED_SIZE = 384
TOUCHED = 0.3
"""Share of a zone that must be opaque for the zone to be right."""


@dataclass(frozen=True, eq=False)
class Known:
    """A film and where it is known to be opaque: float (H, W) in 0..1 over the whole film."""

    film: Radiograph
    extent: np.ndarray


def known_places(
    screener: "Screener", sample: "Sample", data: Path, films: int
) -> dict[str, dict[str, float | int]]:
    """Run the checks; one without films is left out.

    Args:
        screener: of the bundle.
        sample: films of the test split, for normals to insert opacities into.
        data: the data root, for boxes of films that were not learned from.
        films: how many films each check looks at.
    """
    checks = {
        "boxes": boxed(data, 4 * films),
        "inserted_opacities": inserted(sample, films),
        "simulated_films": simulated(films),
    }
    found = {name: _found(screener, known) for name, known in checks.items()}
    return {name: figures for name, figures in found.items() if figures}


def boxed(data: Path, films: int) -> Iterator[Known]:
    """Yield films of the test split with radiologists' boxes."""
    manifest = load_manifest(data)
    split = manifest["image_id"].map(split_manifest(manifest))
    boxes = read_boxes(data).groupby("image_id")
    rows = manifest[(split == "test") & manifest["image_id"].isin(boxes.groups)]
    rows = rows.sample(min(films, len(rows)), random_state=0)
    for name, film in zip(
        rows["image_id"], read_films(data, rows, "Reading films with boxes"), strict=True
    ):
        sides = boxes.get_group(name)[list(SIDES)].to_numpy()
        yield Known(film, in_boxes(sides, film.pixels.shape).astype(np.float32))


def inserted(sample: "Sample", films: int) -> Iterator[Known]:
    """Yield normal films of the sample with an opacity inserted where the lungs were found."""
    rng = np.random.default_rng(0)
    usable = [
        i
        for i in np.flatnonzero(~sample.covid)
        if (lungs := sample.lungs[i]) is not None and lungs.plausible
    ]
    for i in usable[:films]:
        film, lungs = sample.films[i], sample.lungs[i]
        assert lungs is not None
        mask = mask_on_film(lungs.mask, film.pixels.shape)
        try:
            pixels, extent = insert_opacity(film.pixels, mask, rng, strength=STRENGTH)
        except DataError:
            continue
        yield Known(replace(film, pixels=pixels), extent)


def simulated(films: int) -> Iterator[Known]:
    """Yield simulated films with opacities, whose place the digital chest knows."""
    for number in range(films):
        made = simulate_film(SIMULATED_SEED + number, True, SIMULATED_SIZE)
        yield Known(read_radiograph(made.png()), made.opacity)


def _found(screener: "Screener", known: Iterator[Known]) -> dict[str, float | int]:
    rows = [row for one in known if (row := _look(screener, one)) is not None]
    if not rows:
        return {}
    points, chances, shares, right, lucky = (np.array(c, float) for c in zip(*rows, strict=True))
    figures: dict[str, float | int] = {
        "hit_rate": float(points.mean()),
        "hit_rate_by_chance": float(chances.mean()),
        "evidence_over_area": float(shares.mean()),
        "films": len(rows),
    }
    told = ~np.isnan(right)
    if told.any():
        figures["top_zone_hit_rate"] = float(right[told].mean())
        figures["top_zone_hit_rate_by_chance"] = float(lucky[told].mean())
    return figures


def _look(screener: "Screener", known: Known) -> tuple[float, ...] | None:
    """Return hit, chance, evidence over area, top zone right and its chance; None without lungs."""
    ready = screener.prepare(known.film)
    lungs = ready.lungs
    if lungs is None or not lungs.plausible:
        return None
    # The map lies on the film as it was read, without borders; so must what is known.
    extent = lay(replace(known.film, pixels=known.extent), ready.laid.placement).pixels
    grid, box = screener.answers([ready]).grids[0], ready.input.box
    mask = mask_on_film(lungs.mask, extent.shape)
    return (
        float(points_at(grid, box, extent)),
        chance(box, extent, mask),
        hit(grid, box, extent),
        *_top_zone(evidence_by_zone(grid, box, lungs), lungs, extent),
    )


def _top_zone(evidence: dict[str, float], lungs: Lungs, extent: np.ndarray) -> tuple[float, float]:
    """Return whether the zone with most evidence is opaque, and the share of zones that are."""
    small = np.asarray(
        Image.fromarray(extent.astype(np.float32)).resize(
            (lungs.mask.shape[1], lungs.mask.shape[0])
        ),
        np.float32,
    )
    opaque = {
        name: bool(zone.any() and (small[zone] > 0.5).mean() >= TOUCHED)
        for name, zone in zones(lungs).items()
    }
    if not any(opaque.values()) or max(evidence.values()) <= 0:
        return float("nan"), float("nan")
    top = max(evidence, key=lambda name: evidence[name])
    return float(opaque[top]), float(np.mean(list(opaque.values())))
