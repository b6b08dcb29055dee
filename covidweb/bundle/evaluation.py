"""The results of a bundle, `evaluation.json`: every figure with its 95 % interval over groups."""

from dataclasses import dataclass, field

from covidweb.metrics import Reliability, Value

VERSION = 1

Metrics = dict[str, Value | None]
"""By name of the metric; None where it is not defined."""

Figure = Value | int | float | None
Section = dict[str, dict[str, Figure]]
"""One check of the audit: what was tried, then the measure."""


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """How the intervals were drawn: `n` times, whole `unit`s."""

    n: int
    unit: str = "group"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Some films with their metrics."""

    n: int
    positives: int
    metrics: Metrics


@dataclass(frozen=True, kw_only=True)
class LabelFigures:
    """Films of one label: how many, and the share called COVID-19."""

    n: int
    called_covid: Value | None = None


@dataclass(frozen=True, kw_only=True)
class SetFigures(Figures):
    """A set, and the same for each source, each view and each label in it."""

    sources: dict[str, Figures] = field(default_factory=dict)
    views: dict[str, Figures] = field(default_factory=dict)
    labels: dict[str, LabelFigures] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Side:
    """Films of one label in one set."""

    set: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The sick of one set against the healthy of another, or of the same."""

    title: str
    positives: Side
    negatives: Side
    n: int
    metrics: Metrics
    positive_films: int | None = None


@dataclass(frozen=True, kw_only=True)
class SourcePrediction:
    """How well the features tell sources of one class apart."""

    balanced_accuracy: float
    chance: float


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What `covidweb audit` found; a check that was not run is empty.

    Attributes:
        films: how many test films were looked at.
        explanations: check to its figures, curves among them.
    """

    films: int | None = None
    baselines: Section = field(default_factory=dict)
    lung_blackout: Section = field(default_factory=dict)
    source_prediction: dict[str, SourcePrediction] = field(default_factory=dict)
    robustness: Section = field(default_factory=dict)
    gate: Section = field(default_factory=dict)
    explanations: dict[str, dict[str, Figure | list[float]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What `covidweb evaluate` found of a network that screens films.

    Attributes:
        model, sha256: whose figures these are: the bundle's name, and its weights.
        threshold: at which rates were taken.
        sets, comparisons: by name.
        calibration: `inside` and `outside`.
    """

    model: str
    sha256: str
    threshold: float
    bootstrap: Bootstrap
    version: int = VERSION
    sets: dict[str, SetFigures] = field(default_factory=dict)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    calibration: dict[str, Reliability] = field(default_factory=dict)
    audit: Audit = Audit()


@dataclass(frozen=True, kw_only=True)
class MaskFigures:
    """Masks of one source held out: overlap, distance and failures."""

    n: int
    groups: int
    dice: Value
    iou: Value
    hausdorff95_percent: Value
    dice_p5: float
    failures: int
    plausible: float


@dataclass(frozen=True, kw_only=True)
class WorstMask:
    """A film whose mask is among the worst."""

    image_id: str
    source: str
    dice: float


@dataclass(frozen=True, kw_only=True)
class TurnedAway:
    """Pictures without lungs: the share without a plausible pair."""

    n: int
    share: float | None
    sources: dict[str, float]
    drawn: float


@dataclass(frozen=True, kw_only=True)
class LungEvaluation:
    """What was found of a lung finder.

    Attributes:
        sources: by source of the held-out pairs.
        worst: the worst ten.
        robustness: small changes, by name, to `dice` and `dice_p5`.
        real_films: by source, the share of chest films found plausible.
    """

    bootstrap: Bootstrap
    sources: dict[str, MaskFigures]
    worst: tuple[WorstMask, ...]
    robustness: dict[str, dict[str, float]]
    not_cxr: TurnedAway
    real_films: dict[str, dict[str, int | float]]
    milliseconds_per_film: float
    version: int = VERSION


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Pictures of one kind: how many were turned away, by what.

    Attributes:
        n: how many pictures.
        turned_away: share, by the upright check or by the lung finder after it.
        by_this_check: share, by the upright check alone.
        reasons: first reason to the number of pictures.
        tilt_taken_out: how many passed after a tilt was taken out.
    """

    n: int
    turned_away: Value | None = None
    by_this_check: Value | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    tilt_taken_out: int = 0


@dataclass(frozen=True, kw_only=True)
class TiltError:
    """How far the angle's change was off a tilt, in degrees."""

    median: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Steady:
    """How the probability held under one change.

    Attributes:
        n: films assessed before and after.
        within: share whose probability moved by no more than the limit.
        lost: films assessed before and not after.
        move_p95: 95th percentile of the move.
    """

    n: int
    lost: int
    within: Value | None = None
    move_p95: float | None = None


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """How a classifier's probability held under wide borders and a tilt.

    Attributes:
        model, sha256: of the classifier.
        n, limit: films tried, and the largest move that counts as steady.
        not_assessed: films that were turned away unchanged.
        changes: by name.
    """

    model: str
    sha256: str
    n: int
    limit: float
    not_assessed: int
    changes: dict[str, Steady]


@dataclass(frozen=True, kw_only=True)
class UprightEvaluation:
    """What was found of an upright check.

    Attributes:
        upright: whole frontal films as they lie, by set, and `all`.
        turned, part, several: made copies that must not be answered as they lie, by name.
        lateral, not_cxr: real pictures that are to be turned away.
        tilt: by the tilt in degrees, clockwise.
        borders_and_tilt: of the classifier beside it, None without one.
    """

    sha256: str
    bootstrap: Bootstrap
    upright: dict[str, Judged]
    turned: dict[str, Judged]
    part: dict[str, Judged]
    several: dict[str, Judged]
    lateral: Judged
    not_cxr: Judged
    tilt: dict[str, TiltError]
    milliseconds_per_film: float
    borders_and_tilt: Steadiness | None = None
    version: int = VERSION
