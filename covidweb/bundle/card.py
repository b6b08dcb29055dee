"""The card of a bundle, `card.json`: what the network is, how it answers, where it came from.

Sections that only some kinds of bundle have are optional: a new one is a field with a default.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta

VERSION = 1
"""Of the card's form; a card without one is of the first."""

Kind = Literal["seed", "classifier", "lungs", "upright"]
Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]


@dataclass(frozen=True)
class InputSpec:
    """How a network wants its input; see `covidweb.networks.standard`.

    Attributes:
        size: side of the square input in pixels.
        crop: `none` stretches the whole film to the square; `lungs` cuts to the lungs first.
        margin: added around the lungs' box, as a fraction of its sides.
        mask_channel: append the lung mask as a second channel.
    """

    size: Annotated[int, Meta(ge=1)]
    crop: Literal["none", "lungs"] = "none"
    margin: float = 0.08
    mask_channel: bool = False


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What is known of films with a calibrated probability, kept at some of them.

    Attributes:
        probability: calibrated, rising, 0..1.
        value, low, high: there, 0..1.
        rule: how they were found.
    """

    probability: tuple[Share, ...]
    value: tuple[Share, ...]
    low: tuple[Share, ...]
    high: tuple[Share, ...]
    rule: str = ""

    def __post_init__(self) -> None:
        columns = (self.probability, self.value, self.low, self.high)
        if not self.probability or len({len(column) for column in columns}) > 1:
            raise ValueError("a curve needs as many values, lows and highs as probabilities")

    def at(self, probability: float) -> tuple[float, float, float]:
        """Return low, value and high at a probability 0..1, interpolated between those kept."""
        columns = (self.low, self.value, self.high)
        found = (float(np.interp(probability, self.probability, column)) for column in columns)
        low, value, high = found
        return low, value, high


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """From a logit to a probability: sigmoid((logit + bias) / temperature).

    Attributes:
        interval: what the films that it was chosen on leave a probability; its `value` is the
            probability itself.
    """

    temperature: Positive = 1.0
    bias: float = 0.0
    interval: Curve | None = None

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Return the calibrated probabilities 0..1 of logits, float64 of the same shape."""
        from scipy.special import expit

        scaled = (np.asarray(logits, np.float64) + self.bias) / self.temperature
        return np.asarray(expit(scaled))


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a training started from: a package of weights, its licence, and what it was taught."""

    package: str
    licence: str
    sha256: str
    what: str = ""


@dataclass(frozen=True, kw_only=True)
class GateLimit:
    """Where the learned films lie: a weight file with their cloud, and how far is too far.

    Attributes:
        file: of the bundle; its hash is among the weights.
        limit: largest squared Mahalanobis distance that passes, per feature.
        rule: how the limit was chosen.
    """

    file: str
    limit: Positive
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Data:
    """What was learned from: hashes of the lists, and how many films.

    Attributes:
        films: by part of the split, or by part and then by source and label.
        pairs, not_cxr: of the lung finder, by part.
        learned: of the upright check, by set.
    """

    manifest_sha256: str | None = None
    split_sha256: str | None = None
    pairs_sha256: str | None = None
    films: dict[str, int | dict[str, int]] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    not_cxr: dict[str, int] = field(default_factory=dict)
    learned: dict[str, int] = field(default_factory=dict)
    drawn_seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Article:
    """What the article reports of its own network."""

    accuracy: Share
    films: int
    split: str = ""
    epochs: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DrawnTest:
    """Loss and accuracy on the test films that the article's way of training draws."""

    loss: float
    accuracy: Share


@dataclass(frozen=True, kw_only=True)
class Card:
    """A bundle's card.

    Attributes:
        kind: which network it is.
        title: for the reader.
        input: what the network wants.
        name: the bundle's folder.
        weights: file to sha256, the network's own first; never empty in a sealed card.
        files: result file to sha256.
        classes: in the order of the outputs.
        cam_layer: whose maps the heatmap is made of.
        cam_scale: evidence of a cell that 95 % of the validation positives' hottest stay below.
        threshold: operating point on the calibrated probability, or on the lung network's output.
        threshold_rule: how it was chosen.
        uncertain_band: probabilities between which the answer is "not sure".
        elsewhere: how often a film with a probability is COVID-19 at a place never seen.
        origin: of the weights that the training started from.
        left_out_auc: AUC of sources left out of the COVID-19 head.
        inside_auc_unpenalised: validation AUC of a head that does not turn away from places.
        head, recipe: everything that decided what the training became.
        width, dense, seed, held_out, convention: of the smaller networks.
        cutoffs: of the upright check: how likely something else, and how likely mirrored, passes.
        cutoffs_rule: how they were chosen.
        versions: of the libraries that made the numbers.
        command: that wrote the bundle.
    """

    kind: Kind
    title: str
    input: InputSpec
    version: int = VERSION
    name: str = ""
    weights: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    cam_layer: str = ""
    cam_scale: Positive = 1.0
    calibration: Calibration = Calibration()
    threshold: Share = 0.5
    threshold_rule: str = ""
    uncertain_band: tuple[Share, Share] | None = None
    gate: GateLimit | None = None
    elsewhere: Curve | None = None
    origin: Origin | None = None
    left_out_auc: dict[str, float] = field(default_factory=dict)
    inside_auc_unpenalised: float | None = None
    head: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    held_out_sources: tuple[str, ...] = ()
    article: Article | None = None
    drawn_test: DrawnTest | None = None
    width: int | None = None
    dense: int | None = None
    seed: int | None = None
    held_out: float | None = None
    convention: str = ""
    cutoffs: dict[str, float] = field(default_factory=dict)
    cutoffs_rule: str = ""
    data: Data = Data()
    versions: dict[str, str] = field(default_factory=dict)
    command: str = ""
    intended_use: str = ""
    limits: tuple[str, ...] = ()

    @property
    def band(self) -> tuple[float, float]:
        """The uncertain band; empty, at the threshold, where the card has none."""
        return self.uncertain_band or (self.threshold, self.threshold)

    def band_at(self, threshold: float) -> tuple[float, float]:
        """Return the uncertain band of another threshold: as far from it in log odds."""
        from scipy.special import expit, logit

        tiny = 1e-9
        own, wanted = logit(np.clip((self.threshold, threshold), tiny, 1 - tiny))
        edges = logit(np.clip(self.band, tiny, 1 - tiny)) - own + wanted
        low, high = (float(edge) for edge in expit(edges))
        return min(low, threshold), max(high, threshold)
