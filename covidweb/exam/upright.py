"""Measure the upright check on films that it did not learn from: `evaluation.json`.

Every picture is made from a real film by turning, mirroring, cutting or composing it. A turned
film counts as answered as it lies when neither the check nor the lung finder turns it away.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from covidweb.bundle import Bundle, UprightEvaluation, list_bundles, write_evaluation
from covidweb.bundle.evaluation import Bootstrap, Judged, Steadiness, TiltError
from covidweb.exam.steady import steadiness
from covidweb.exam.upright_copies import (
    PARTS,
    TURNS,
    Change,
    changed,
    one_lung,
    pages,
    small,
    tilted,
)
from covidweb.metrics import Value, bootstrap
from covidweb.radiograph import Radiograph
from covidweb.screening.lungs import LungFinder
from covidweb.screening.upright import Laid, UprightCheck
from covidweb.training.films import read_films
from covidweb.training.upright.films import FRONTAL_SETS, learned_rows, with_split

DRAWS = 300
TILTS = (-25, -20, -15, -10, 10, 15, 20, 25)
UPRIGHT, TURNED, COMPOSED = 1600, 800, 400
"""About so many films are judged as they lie, turned, and cut or composed."""

STEADY = 500
"""Films on which borders and tilt are tried on the classifier."""

Log = Callable[[str], None]


def evaluate_upright(
    name: str, data: Path, *, root: Path | None = None, log: Log = print
) -> Bundle:
    """Measure an upright check and the classifier after it; write `evaluation.json`.

    Args:
        name: of the bundle.
        data: the data root.
        root: folder of bundles; None for the product's own.
        log: receives one line per figure.

    Returns:
        The bundle, sealed over what was written.

    Raises:
        ModelError: no such bundle, not an upright check, or no lung finder beside it.
        DataError: the manifest or a film cannot be read.
    """
    check = UprightCheck.load(root, name)
    found = UprightEvaluation(
        sha256=check.bundle.sha256,
        bootstrap=Bootstrap(n=DRAWS),
        borders_and_tilt=borders_and_tilt(data, root, log),
        **measure(check, LungFinder.load(root), data, log),
    )
    return write_evaluation(check.bundle, found)


def measure(check: UprightCheck, finder: LungFinder, data: Path, log: Log) -> dict[str, Any]:
    """Return the figures of an `UprightEvaluation`, but for the classifier's, by name.

    Args:
        check: the bundle.
        finder: the lung finder, which looks at a film after the check.
        data: the data root.
        log: receives one line per figure.
    """
    rows = _not_learned(data)
    chosen = _every(rows[_measured(rows)], UPRIGHT).reset_index(drop=True)
    films = list(map(small, read_films(data, chosen, "Reading films")))
    judge, groups = _Judge(check, finder, log), chosen["group"].to_numpy()

    found: dict[str, Any] = {"upright": judge.by_set(films, chosen)}
    found["turned"] = judge.changed(_every(films, TURNED), _every(groups, TURNED), TURNS)
    films, groups = _every(films, COMPOSED), _every(groups, COMPOSED)
    found["part"] = judge.changed(films, groups, PARTS)
    lungs = [(i, one) for i, one in enumerate(finder.find(films)) if one.plausible]
    single = [one_lung(films[i], one.right) for i, one in lungs]
    found["part"]["single_lung"] = judge("single_lung", single, groups[[i for i, _ in lungs]])

    for key in ("lateral", "not_cxr"):
        others = rows[rows["set"] == key]
        pictures = list(read_films(data, others, f"Reading {key}"))
        found[key] = judge(key, pictures, others["group"])
    laterals = list(read_films(data, rows[rows["set"] == "lateral"], "Reading lateral"))
    found["several"] = {
        name: judge(name, page, groups) for name, page in pages(films, list(map(small, laterals)))
    }
    found["tilt"] = _tilts(check, films)
    found["milliseconds_per_film"] = _milliseconds(check, films)
    return found


def borders_and_tilt(data: Path, root: Path | None, log: Log) -> Steadiness | None:
    """Return `steadiness` of the classifier beside the bundle; None where there is none.

    Films are drawn evenly from the sets that neither network learned from.
    """
    from covidweb.screening import Screener

    if "default" not in list_bundles(root, kinds=("classifier",)):
        return None
    rows = _not_learned(data)
    rows = rows[_measured(rows)]
    share = -(-STEADY // rows["set"].nunique())
    parts = [p.sample(min(share, len(p)), random_state=0) for _, p in rows.groupby("set")]
    chosen = pd.concat(parts)
    films = read_films(data, chosen, "Borders and tilt")
    found = steadiness(Screener.load("default", root), films, list(chosen["group"]))
    log(f"borders and tilt: {found}")
    return found


class _Judge:
    """Asks the check and then the lung finder, and counts what is turned away and why."""

    def __init__(self, check: UprightCheck, finder: LungFinder, log: Log) -> None:
        self._check, self._finder, self._log = check, finder, log

    def __call__(self, name: str, films: Sequence[Radiograph], groups: Iterable[str]) -> Judged:
        """Return how many films were turned away, by what, and how many had a tilt taken out."""
        return self._counted(name, *self._reasons(films), groups)

    def by_set(self, films: Sequence[Radiograph], rows: pd.DataFrame) -> dict[str, Judged]:
        """Return what is counted of films as they lie, of each set and of `all`."""
        reasons, tilted = self._reasons(films)
        groups = rows["group"].to_numpy()
        parts = {"all": range(len(rows)), **rows.groupby("set").groups}
        return {
            str(name): self._counted(
                f"upright, {name}", reasons[list(i)], tilted[list(i)], groups[list(i)]
            )
            for name, i in parts.items()
        }

    def changed(
        self, films: Sequence[Radiograph], groups: Iterable[str], changes: Mapping[str, Change]
    ) -> dict[str, Judged]:
        """Return what is counted of changed copies, per change."""
        found = {}
        for name, change in changes.items():
            copies = [changed(film, change(film.pixels)) for film in films]
            found[name] = self(name, copies, groups)
        return found

    def _reasons(self, films: Sequence[Radiograph]) -> tuple[np.ndarray, np.ndarray]:
        """Return each film's reason for being turned away, or "", and whether it was tilted."""
        laid = [one for part in _parts(films) for one in self._check.lay(part)]
        passed = [i for i, one in enumerate(laid) if one.passed]
        lungs = self._finder.find([laid[i].film for i in passed])
        no_lungs = {i for i, found in zip(passed, lungs, strict=True) if not found.plausible}
        reasons = np.array([_reason(one, i in no_lungs) for i, one in enumerate(laid)], object)
        return reasons, np.array([one.passed and one.placement.degrees != 0 for one in laid], bool)

    def _counted(
        self, name: str, reasons: np.ndarray, tilted: np.ndarray, groups: Iterable[str]
    ) -> Judged:
        self._log(f"{name}: n={len(reasons)}, turned away {(reasons != '').sum()}")
        return Judged(
            n=len(reasons),
            turned_away=_share(reasons != "", groups),
            by_this_check=_share((reasons != "") & (reasons != "lungs"), groups),
            reasons={str(k): int(n) for k, n in pd.Series(reasons).value_counts().items() if k},
            tilt_taken_out=int(tilted.sum()),
        )


def _not_learned(data: Path) -> pd.DataFrame:
    rows = with_split(data)
    rows = rows[~learned_rows(rows)]
    return rows.assign(group=rows["group"].where(rows["group"] != "", rows["image_id"]))


def _measured(rows: pd.DataFrame) -> pd.Series:
    """Whole frontal films of the split `test`, and every kept-out set of chest films."""
    test = (rows["split"] == "test") & rows["set"].isin(FRONTAL_SETS)
    return test | rows["set"].str.startswith(("external_", "stress_"))


def _reason(laid: Laid, no_lungs: bool) -> str:
    """Return the first check that a film failed and its message's first clause; empty if none."""
    failed = [finding for finding in laid.findings if not finding.passed]
    if failed:
        return f"{failed[0].name}: {failed[0].message.split(';')[0].split('.')[0].split(',')[0]}"
    return "lungs" if no_lungs else ""


def _share(values: np.ndarray, groups: Iterable[str]) -> Value | None:
    counted = np.asarray(values, float)
    if not len(counted):
        return None
    names = np.asarray(list(groups)).astype(str)
    return bootstrap(lambda chosen: float(counted[chosen].mean()), names, n=DRAWS)


def _tilts(check: UprightCheck, films: Sequence[Radiograph]) -> dict[str, TiltError]:
    """Return how far the angle's change is off each of `TILTS`, in degrees."""
    base = _degrees(check, films)
    found = {}
    for degrees in TILTS:
        told = _degrees(check, [tilted(film, degrees) for film in films])
        error = np.abs((told - base - degrees + 180) % 360 - 180)
        found[str(degrees)] = TiltError(
            median=round(float(np.median(error)), 2), p95=round(float(np.quantile(error, 0.95)), 2)
        )
    return found


def _degrees(check: UprightCheck, films: Sequence[Radiograph]) -> np.ndarray:
    return np.array([p.degrees for part in _parts(films) for p in check.postures(part)])


def _milliseconds(check: UprightCheck, films: Sequence[Radiograph]) -> float:
    part = list(films[:64])
    check.lay(part)
    start = time.perf_counter()
    check.lay(part)
    return round((time.perf_counter() - start) * 1000 / max(1, len(part)), 2)


def _every(values: Any, most: int) -> Any:
    """Return every k-th value, so that about `most` are left, evenly over all of them."""
    return values[:: max(1, round(len(values) / most))]


def _parts(films: Sequence[Radiograph], size: int = 64) -> list[Sequence[Radiograph]]:
    return [films[i : i + size] for i in range(0, len(films), size)]
