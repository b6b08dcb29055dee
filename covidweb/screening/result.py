"""What screening one film gives: plain values, no pictures and no person's data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from covidweb.screening.placement import AS_IT_LIES, Placement

Status = Literal["ok", "uncertain", "not_assessed", "error"]
Verdict = Literal["covid", "normal"]
Box = tuple[float, float, float, float]

WHOLE_FILM: Box = (0.0, 0.0, 1.0, 1.0)

ZONES = (
    "right_upper",
    "right_middle",
    "right_lower",
    "left_upper",
    "left_middle",
    "left_lower",
)
"""Thirds of each lung's height; right and left are the patient's."""


@dataclass(frozen=True)
class Finding:
    """One check of the gate.

    `value` and `limit` are in the check's own unit, None where it has none; `message` is a
    sentence for the reader.
    """

    name: str
    passed: bool
    message: str
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class ModelId:
    """Which weights answered: the bundle's name and the sha256 of its classifier."""

    name: str
    sha256: str


@dataclass(frozen=True, eq=False)
class ScreeningResult:
    """The answer for one film.

    Attributes:
        status: `ok`, `uncertain` (probability inside the card's band), `not_assessed` (the gate
            turned the film away; no probability) or `error` (the bytes are not a film).
        verdict: `covid` or `normal` at `threshold`; None unless `ok` or `uncertain`.
        probability: calibrated probability of COVID-19 in 0..1, or None.
        threshold: operating point on `probability`, from the card.
        reason: one sentence; empty for a plain `ok`. A tilted film's says how it was turned.
        placement: how a tilted film was laid before it was read; heatmap, lungs and zones lie on
            the film as laid (`covidweb.screening.placement.lay`), usually as it lies in its file.
        heatmap: float32 (h, w), the raw evidence grid, >= 0, in units of the logit.
        heatmap_box: left, top, right, bottom of the grid on the film, in fractions 0..1.
        heatmap_scale: the raw value drawn as the top of the colour bar.
        lung_mask: bool (S, S) stretched over the whole film, or None when implausible.
        zone_map: uint8 (S, S) on the same grid: 0 outside the lungs, 1 to 6 as in `ZONES`;
            None when `lung_mask` is.
        lung_share: share 0..1 of the evidence inside the lungs.
        lung_ratio: `lung_share` divided by the lungs' share of the heatmap's area; 1 is chance.
        regions: zone name (`ZONES`) to its share 0..1 of the evidence inside the lungs.
        quality: the gate's findings.
        opacity: probability of any lung opacity in 0..1 where the model reports it.
        readings: lowest and highest probability 0..1 of all readings of a film that was read again,
            as its answer lies near the middle; None for any other.
        elapsed_ms: milliseconds per stage.
    """

    status: Status
    threshold: float
    model: ModelId
    verdict: Verdict | None = None
    probability: float | None = None
    reason: str = ""
    placement: Placement = AS_IT_LIES
    heatmap: np.ndarray | None = None
    heatmap_box: Box = WHOLE_FILM
    heatmap_scale: float = 1.0
    lung_mask: np.ndarray | None = None
    zone_map: np.ndarray | None = None
    lung_share: float | None = None
    lung_ratio: float | None = None
    regions: Mapping[str, float] = field(default_factory=dict)
    quality: tuple[Finding, ...] = ()
    opacity: float | None = None
    readings: tuple[float, float] | None = None
    elapsed_ms: Mapping[str, float] = field(default_factory=dict)

    def record(self, file: str) -> dict[str, Any]:
        """Return the flat record that `predict` prints: JSON types only, keys in fixed order."""
        return {
            "file": file,
            "status": self.status,
            "verdict": self.verdict,
            "probability": self.probability,
            "readings": None if self.readings is None else list(self.readings),
            "threshold": self.threshold,
            "reason": self.reason,
            "lung_share": self.lung_share,
            "lung_ratio": self.lung_ratio,
            "regions": dict(self.regions),
            "model": self.model.name,
            "model_sha256": self.model.sha256,
            "elapsed_ms": dict(self.elapsed_ms),
        }
