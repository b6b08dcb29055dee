"""Measure a lung finder on films that it did not learn from, and write `evaluation.json`."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage

from covidweb.bundle import Bundle, Card, LungEvaluation, write_evaluation
from covidweb.bundle.evaluation import Bootstrap, MaskFigures, TurnedAway, WorstMask
from covidweb.dataset.manifest import MANIFEST, load_manifest
from covidweb.errors import DataError
from covidweb.files import file_sha256
from covidweb.metrics import Value, bootstrap
from covidweb.progress import track
from covidweb.radiograph import Radiograph, read_radiograph_file
from covidweb.screening.line import BATCH
from covidweb.screening.lungs import LungFinder
from covidweb.sets import FIRST_DEAL
from covidweb.training.lungs.augment import nothing
from covidweb.training.lungs.pairs import HELD_OUT, PAIRS, UNSURE, Parts, between, load_parts

FAILURE = 0.8
RESAMPLES = 1000
REAL_FILMS = 60
"""Real films per set and source on which the share found plausible is measured."""
DRAWN = 100

Log = Callable[[str], None]


def evaluate_lungs(name: str, data: Path, *, root: Path | None = None, log: Log = print) -> Bundle:
    """Measure a lung finder on the pairs that its training held out; write `evaluation.json`.

    Args:
        name: of the bundle.
        data: the data root that it was trained on.
        root: folder of bundles; None for the product's own.
        log: receives one line per section.

    Returns:
        The bundle, sealed over what was written: per source Dice, IoU, Hausdorff 95 and failures,
        the worst ten, robustness, the share of other pictures turned away, the time of a film.

    Raises:
        ModelError: no such bundle, or not a lung finder.
        DataError: a list or a film cannot be read, or the list is not the one it learned from.
    """
    finder = LungFinder.load(root, name)
    parts = _held_out(finder.bundle.card, data)
    pairs, empties = parts.held_pairs, parts.held_empties
    films = [read_radiograph_file(data / file) for file in track(pairs["file"], "Reading films")]
    scores, milliseconds = measure(finder, data, films, pairs)
    drawn_whole = (pairs["convention"] != UNSURE).to_numpy()
    kept = [film for film, whole in zip(films, drawn_whole, strict=True) if whole]
    worst = scores.nsmallest(10, "dice")[["image_id", "source", "dice"]].itertuples(index=False)
    result = LungEvaluation(
        bootstrap=Bootstrap(n=RESAMPLES),
        sources={str(s): summary(part) for s, part in scores.groupby("source")},
        worst=tuple(WorstMask(image_id=w.image_id, source=w.source, dice=w.dice) for w in worst),
        robustness=robustness(finder, kept),
        not_cxr=turned_away(finder, data, empties),
        real_films=found_plausible(finder, data),
        milliseconds_per_film=milliseconds,
    )
    for source, figures in result.sources.items():
        log(f"{source}: Dice {figures.dice['value']:.4f}, 5 % {figures.dice_p5:.4f}")
    log(f"robustness {result.robustness}, {milliseconds:.1f} ms a film")
    return write_evaluation(finder.bundle, result)


def _held_out(card: Card, data: Path) -> Parts:
    parts = load_parts(data, HELD_OUT if card.held_out is None else card.held_out, card.seed or 0)
    if card.data.pairs_sha256 != file_sha256(data / PAIRS):
        raise DataError(
            f"{PAIRS} of the data root is not the list that '{card.name}' learned from, so what "
            "it held out is not known."
        )
    return parts


def measure(
    finder: LungFinder, data: Path, films: Sequence[Radiograph], pairs: pd.DataFrame
) -> tuple[pd.DataFrame, float]:
    """Compare the masks found with the ones drawn, at the drawn masks' size.

    Where the drawn mask leaves out the lung behind the heart, what lies between the lungs is not
    counted.

    Returns:
        One row per pair: image_id, source, group, dice, iou, hausdorff95_percent, plausible; and
        the milliseconds a film took in batches, resizing and clean-up included.
    """
    finder.find(films[:BATCH])
    start = time.perf_counter()
    found = finder.find(films)
    milliseconds = (time.perf_counter() - start) * 1000 / max(len(films), 1)
    rows = []
    for lungs, (_, pair) in zip(found, pairs.iterrows(), strict=True):
        with Image.open(data / pair["mask_file"]) as image:
            truth = np.asarray(image.convert("L")) > 127
        mask = stretched(lungs.mask, (truth.shape[1], truth.shape[0]))
        if pair["convention"] == UNSURE:
            mask = mask & ~between(truth)
        rows.append(
            {
                "image_id": pair["image_id"],
                "source": pair["source"],
                "group": pair["group"],
                "dice": dice(truth, mask),
                "iou": _iou(truth, mask),
                "hausdorff95_percent": hausdorff95(truth, mask) * 100 / truth.shape[1],
                "plausible": lungs.plausible,
            }
        )
    return pd.DataFrame(rows), milliseconds


def stretched(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Stretch a mask to (width, height) with smooth edges: bool (height, width)."""
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(grey.resize(size, Image.Resampling.BILINEAR)) >= 128


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Return twice the overlap over the sum of areas, 0..1; 1 for two empty masks."""
    both = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / both if both else 1.0


def hausdorff95(one: np.ndarray, other: np.ndarray) -> float:
    """Return the 95th percentile of the distances between two outlines, in pixels.

    The larger of the two directions (Huttenlocher et al., 1993, with the percentile in place of
    the maximum); the diagonal when just one mask is empty.
    """
    if not one.any() or not other.any():
        return 0.0 if not one.any() and not other.any() else float(np.hypot(*one.shape))
    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (one, other)]
    reach = [ndimage.distance_transform_edt(~edge) for edge in edges]
    return float(max(np.percentile(reach[1][edges[0]], 95), np.percentile(reach[0][edges[1]], 95)))


def summary(rows: pd.DataFrame) -> MaskFigures:
    """Return the figures of one source, means with 95 % intervals over groups."""
    groups = rows["group"].to_numpy()
    return MaskFigures(
        n=len(rows),
        groups=int(rows["group"].nunique()),
        dice=interval(rows["dice"].to_numpy(), groups),
        iou=interval(rows["iou"].to_numpy(), groups),
        hausdorff95_percent=interval(rows["hausdorff95_percent"].to_numpy(), groups),
        dice_p5=float(np.percentile(rows["dice"], 5)),
        failures=int((rows["dice"] < FAILURE).sum()),
        plausible=float(rows["plausible"].mean()),
    )


def interval(values: np.ndarray, groups: np.ndarray) -> Value:
    """Return the mean of finite values (at least one) with its interval over groups."""
    found = bootstrap(lambda films: float(values[films].mean()), groups, RESAMPLES)
    assert found is not None
    return found


def robustness(finder: LungFinder, films: Sequence[Radiograph]) -> dict[str, dict[str, float]]:
    """Return the Dice between the moved mask and the mask of the moved film, per change."""
    before = finder.find(films)
    figures = {}
    for name, change in CHANGES.items():
        after = finder.find([replace(film, pixels=change(film.pixels, 0)) for film in films])
        scores = []
        for film, old, new in zip(films, before, after, strict=True):
            height, width = film.pixels.shape
            moved = change(stretched(old.mask, (width, height)).astype(np.float32), None) >= 0.5
            scores.append(dice(moved, stretched(new.mask, moved.shape[::-1])))
        figures[name] = {
            "dice": float(np.mean(scores)),
            "dice_p5": float(np.percentile(scores, 5)),
        }
    return figures


def rotated(pixels: np.ndarray, fill: float | None, degrees: float = 5) -> np.ndarray:
    """Rotate about the centre onto black."""
    image = Image.fromarray(pixels)
    return np.asarray(image.rotate(degrees, Image.Resampling.BILINEAR, fillcolor=fill or 0))


def inverted(pixels: np.ndarray, fill: float | None) -> np.ndarray:
    """Turn black to white; a mask (`fill` None) stays as it is."""
    return pixels if fill is None else 1 - pixels


def padded(pixels: np.ndarray, fill: float | None) -> np.ndarray:
    """Add a fifth of black at the left and at the top."""
    height, width = pixels.shape
    return np.pad(pixels, ((height // 5, 0), (width // 5, 0)), constant_values=fill or 0)


CHANGES: Mapping[str, Callable[[np.ndarray, float | None], np.ndarray]] = {
    "rotated_5_degrees": rotated,
    "inverted": inverted,
    "padded_two_sides": padded,
}


def turned_away(finder: LungFinder, data: Path, empties: pd.DataFrame) -> TurnedAway:
    """Return the share without plausible lungs: other pictures by source, and drawn ones."""
    films = [read_radiograph_file(data / file) for file in empties["file"]]
    rejected = np.array([not lungs.plausible for lungs in finder.find(films)], bool)
    sources = empties["source"].to_numpy()
    rng = np.random.default_rng(0)
    drawn = [Radiograph(nothing(256, rng), (256, 256), "", "PNG") for _ in range(DRAWN)]
    return TurnedAway(
        n=len(films),
        share=float(rejected.mean()) if len(films) else None,
        sources={str(s): float(rejected[sources == s].mean()) for s in np.unique(sources)},
        drawn=float(np.mean([not lungs.plausible for lungs in finder.find(drawn)])),
    )


def found_plausible(finder: LungFinder, data: Path) -> dict[str, dict[str, int | float]]:
    """Return the share of real chest films with plausible lungs, per training set and source."""
    if not (data / MANIFEST).is_file():
        return {}
    manifest = load_manifest(data)
    pool = manifest[manifest["set"].isin(FIRST_DEAL)]
    figures: dict[str, dict[str, int | float]] = {}
    for source, rows in pool.groupby("source"):
        chosen = rows.sample(min(REAL_FILMS, len(rows)), random_state=0)
        films = [read_radiograph_file(data / file) for file in chosen["file"]]
        plausible = [lungs.plausible for lungs in finder.find(films)]
        figures[str(source)] = {"n": len(films), "plausible": float(np.mean(plausible))}
    return figures


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 1.0
