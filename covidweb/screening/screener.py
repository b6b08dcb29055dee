"""The Screener: networks, card and lock as one object that answers for a film."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from covidweb.bundle import Bundle, Card, list_bundles, read_bundle
from covidweb.errors import ModelError
from covidweb.networks.device import may_have_gpu, one_core_a_film, prepare_screening
from covidweb.networks.memory import keep_freed
from covidweb.networks.standard import StandardInput, reading_copy, standard_input
from covidweb.radiograph import Radiograph
from covidweb.screening import again, gate
from covidweb.screening.clock import Clock
from covidweb.screening.engine import (
    Engine,
    EngineOutput,
    build_engine,
    lite_engine,
    network_layout,
)
from covidweb.screening.explain import explainer
from covidweb.screening.judge import unsure_sentence
from covidweb.screening.line import BATCH, Line, Shared
from covidweb.screening.lungs import LungFinder
from covidweb.screening.networks import keras_network
from covidweb.screening.placement import Placement, spread, within
from covidweb.screening.regions import Lungs, evidence_of, zone_map
from covidweb.screening.result import Finding, ModelId, ScreeningResult
from covidweb.screening.upright import Laid, UprightCheck

LUNGS_BUNDLE = "lungs"
UPRIGHT_BUNDLE = "upright"


@dataclass(frozen=True, eq=False)
class Prepared:
    """A film ready for the network.

    Attributes:
        input: its standard input.
        lungs: what the lung finder found, None without one.
        laid: the film as it was read: turned upright and without borders where that was needed.
        stored: the film as it came.
    """

    input: StandardInput
    lungs: Lungs | None
    laid: Laid
    stored: Radiograph


class Screener:
    """Screens films with one bundle; safe to call from several threads, which share its batches.

    It can be pickled: its bundle is read again where it is unpickled, and must be the same.

    Attributes:
        bundle: the bundle with its card.
        device: what the network runs on, as a word for the reader.
    """

    def __init__(
        self,
        bundle: Bundle,
        model: Callable[[], Any],
        engine: Engine,
        finder: LungFinder | None,
        limits: gate.Gate,
        device: str = "CPU",
        upright: UprightCheck | None = None,
    ) -> None:
        self.bundle = bundle
        self.device = device
        self.spec = bundle.card.input
        self._model = model
        self._engine = engine
        self._finder = finder
        self._gate = limits
        self._upright = upright
        self._line = Line()
        self._network = Shared(self._one_batch)
        self._explaining = threading.Lock()
        self._explainers: dict[str, Callable[[np.ndarray], np.ndarray]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _same, (self.name, self.bundle.path.parent, self.sha256)

    @classmethod
    def load(cls, name: str = "default", root: Path | None = None) -> "Screener":
        """Load a bundle's network, after checking its hash, and the networks that come before it.

        Those are the upright check and the lung finder, where `root` has them.

        Raises:
            ModelError: no such bundle, weights that are not the card's, or not a classifier.
        """
        bundle = read_bundle(name, root)
        if bundle.kind not in ("seed", "classifier"):
            raise ModelError(f"'{name}' does not screen films. Received a bundle of {bundle.kind}.")
        bundle.weights()
        one_core_a_film()
        keep_freed()
        model = cache(partial(keras_network, bundle))
        engine, device = _engine(bundle, model)
        names = list_bundles(root)
        finder = LungFinder.load(root) if LUNGS_BUNDLE in names else None
        upright = UprightCheck.load(root) if UPRIGHT_BUNDLE in names else None
        return cls(bundle, model, engine, finder, gate.Gate.from_bundle(bundle), device, upright)

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self.bundle.name

    @property
    def card(self) -> Card:
        """The bundle's card."""
        return self.bundle.card

    @property
    def sha256(self) -> str:
        """The sha256 of the classifier's weights."""
        return self.bundle.sha256

    @property
    def network(self) -> Any:
        """The Keras network, loaded when it is first asked for where LiteRT answers."""
        return self._model()

    @property
    def finder(self) -> LungFinder | None:
        """The lung network, where there is one."""
        return self._finder

    @property
    def threshold(self) -> float:
        """The operating point on the calibrated probability."""
        return self.card.threshold

    def failure(self, reason: str) -> ScreeningResult:
        """Return the `error` result that stands for a file which gave no film."""
        return ScreeningResult("error", self.threshold, self._id, reason=reason)

    def screen(self, radiograph: Radiograph) -> ScreeningResult:
        """Screen one film: gate, calibrated probability, heatmap, lungs and zones."""
        return self.screen_many([radiograph])[0]

    @property
    def waiting(self) -> int:
        """How many films of all callers are being screened or wait for it."""
        return self._line.films

    def screen_many(self, radiographs: Sequence[Radiograph]) -> list[ScreeningResult]:
        """Screen several films, in batches of `BATCH`; one result each, in order.

        The times of a batch are shared out evenly among its films. A `Ticket` that the caller
        holds tells other threads meanwhile how many films come before these.
        """
        results = []
        for part in _batches(radiographs):
            with self._line.turn(len(part)):
                results += self._screen(part)
        return results

    def probabilities(self, radiographs: Sequence[Radiograph]) -> np.ndarray:
        """Return the calibrated probability of COVID-19 of each film, gate aside: float64 (N,)."""
        return self.scores(radiographs)[0]

    def scores(self, radiographs: Sequence[Radiograph]) -> tuple[np.ndarray, EngineOutput]:
        """Return the calibrated probabilities (N,) and the raw outputs they come from."""
        outputs = [self._run(part, Clock())[1] for part in _batches(radiographs)]
        joined = EngineOutput.joined(outputs)
        return self.calibrate(joined.logits), joined

    def read(self, inputs: np.ndarray) -> tuple[np.ndarray, EngineOutput]:
        """Return what `scores` does, of standard inputs float32 (N, S, S, C), each read once."""
        output = EngineOutput.joined(self._network(lambda: list(inputs)))
        return self.calibrate(output.logits), output

    def calibrate(self, logits: np.ndarray) -> np.ndarray:
        """Turn raw logits into probabilities 0..1 with the card's temperature and bias."""
        return self.card.calibration.probability(logits)

    def prepare(self, radiograph: Radiograph) -> Prepared:
        """Find the lungs and make the standard input of one film."""
        return self._prepare([radiograph], Clock())[0]

    def answers(self, films: Sequence[Prepared]) -> EngineOutput:
        """Run the network on prepared films; those near the middle are read again."""
        outputs = self._network(lambda: [ready.input.array for ready in films])
        first = again.once(EngineOutput.joined(outputs))
        counts = again.weight(self.calibrate(first.logits))
        # A film without lungs is not answered, and the article's network answers as it was given.
        near = [i for i, ready in enumerate(films) if counts[i] > 0 and ready.input.cropped]
        if self.bundle.kind != "classifier" or not near:
            return first
        views = self._network(lambda: [view for i in near for view in self._views(films[i])])
        return again.averaged(
            first,
            EngineOutput.joined(views),
            np.array(near),
            counts[near],
            [(films[i].input.box, _size(films[i].laid.film)) for i in near],
        )

    def explain(self, radiograph: Radiograph, method: str) -> np.ndarray:
        """Explain the film's logit with a method of `explain.METHODS`: float32 (h, w), >= 0."""
        film = self.laid_out(self.prepare(radiograph).input.array[None])[0]
        with self._explaining:
            if method not in self._explainers:
                self._explainers[method] = explainer(self.network, self.card.cam_layer, method)
            return self._explainers[method](film)

    def laid_out(self, batch: np.ndarray) -> np.ndarray:
        """Return standard inputs (N, S, S, C) in the order of axes that `network` wants."""
        return network_layout(batch, self.network)

    @property
    def _id(self) -> ModelId:
        return ModelId(self.name, self.sha256)

    def _screen(self, films: Sequence[Radiograph]) -> list[ScreeningResult]:
        clock = Clock()
        prepared, output = self._run(films, clock)
        with clock("regions"):
            found = [
                _on_film(self._result(ready, output, i), ready.laid.placement)
                for i, ready in enumerate(prepared)
            ]
        shared = {stage: ms / len(films) for stage, ms in clock.elapsed.items()}
        return [replace(result, elapsed_ms=shared) for result in found]

    def _run(
        self, films: Sequence[Radiograph], clock: Clock
    ) -> tuple[list[Prepared], EngineOutput]:
        prepared = self._prepare(films, clock)
        with clock("network"):
            output = self.answers(prepared)
        return prepared, output

    def _one_batch(self, inputs: list[np.ndarray]) -> list[EngineOutput]:
        """Run the network on one batch, shared by whoever brought the inputs."""
        output = self._engine(np.stack(inputs))
        return [output.one(i) for i in range(len(inputs))]

    def _prepare(self, films: Sequence[Radiograph], clock: Clock) -> list[Prepared]:
        laid = self._lay(films, clock)
        with clock("lungs"):
            lungs: list[Lungs | None] = [None] * len(films)
            if self._finder is not None:
                lungs = list(self._finder.find([one.film for one in laid]))
        with clock("input"):
            return [
                Prepared(standard_input(one.film, self.spec, _usable(found)), found, one, film)
                for film, one, found in zip(films, laid, lungs, strict=True)
            ]

    def _views(self, ready: Prepared) -> list[np.ndarray]:
        """Return the standard inputs of a film's other views."""
        film, mask = ready.laid.film, _usable(ready.lungs)
        return [standard_input(film, self.spec, mask, view).array for view in again.VIEWS]

    def _lay(self, films: Sequence[Radiograph], clock: Clock) -> list[Laid]:
        if self._upright is None:
            return [Laid(reading_copy(film)) for film in films]
        with clock("upright"):
            return self._upright.lay(films)

    def _findings(self, ready: Prepared, features: np.ndarray | None) -> tuple[Finding, ...]:
        """Return the gate's findings; a film that lies wrong gets no others but its own reason."""
        film, laid = ready.laid.film, ready.laid.findings
        first = gate.check_alone(film, ready.stored)
        if not all(finding.passed for finding in first):
            return self._gate.check(film, ready.lungs, features, first)
        if not ready.laid.passed:
            return (*first, *laid)
        return (*laid, *self._gate.check(film, ready.lungs, features, first))

    def _result(self, ready: Prepared, output: EngineOutput, i: int) -> ScreeningResult:
        features = None if output.features is None else output.features[i]
        findings = self._findings(ready, features)
        mask = _usable(ready.lungs)
        failed = [f.message for f in findings if not f.passed]
        if failed:
            return ScreeningResult(
                "not_assessed",
                self.threshold,
                self._id,
                reason=" ".join(failed),
                lung_mask=mask,
                quality=findings,
            )
        return self._assessed(ready, output, i, findings, mask)

    def _assessed(
        self,
        ready: Prepared,
        output: EngineOutput,
        i: int,
        findings: tuple[Finding, ...],
        mask: np.ndarray | None,
    ) -> ScreeningResult:
        probability = float(self.calibrate(output.logits[i : i + 1])[0])
        unsure = unsure_sentence(probability, self.card.band)
        grid, box, lungs = output.grids[i], ready.input.box, ready.lungs
        share = ratio = None
        regions: dict[str, float] = {}
        places = None
        if mask is not None and lungs is not None:
            places = zone_map(lungs)
            share, ratio, regions = evidence_of(grid, box, lungs)
        return ScreeningResult(
            "uncertain" if unsure else "ok",
            self.threshold,
            self._id,
            verdict="covid" if probability >= self.threshold else "normal",
            probability=probability,
            reason=_reason(ready.laid, unsure),
            heatmap=grid,
            heatmap_box=box,
            heatmap_scale=self.card.cam_scale,
            lung_mask=mask,
            zone_map=places,
            lung_share=share,
            lung_ratio=ratio,
            regions=regions,
            quality=findings,
            opacity=_sigmoid(output.opacity, i),
            readings=self._between(output, i),
        )

    def _between(self, output: EngineOutput, i: int) -> tuple[float, float] | None:
        if output.span is None or output.span[i, 0] == output.span[i, 1]:
            return None
        low, high = self.calibrate(output.span[i])
        return float(low), float(high)


def _engine(bundle: Bundle, model: Callable[[], Any]) -> tuple[Engine, str]:
    """Return what runs a bundle's network, and on which device: Keras where there is a GPU."""
    gpu = may_have_gpu() and prepare_screening() != "CPU"
    path = None if gpu else bundle.lite()
    if path is not None:
        return lite_engine(path.read_bytes()), "CPU"
    return build_engine(model(), bundle.card), prepare_screening()


def _batches(films: Sequence[Radiograph]) -> list[Sequence[Radiograph]]:
    return [films[i : i + BATCH] for i in range(0, len(films), BATCH)]


def _same(name: str, root: Path, sha256: str) -> Screener:
    """Load the Screener that was pickled."""
    screener = Screener.load(name, root)
    if screener.sha256 != sha256:
        raise ModelError(
            f"The bundle '{name}' has other weights here: expected sha256 {sha256[:12]}…, "
            f"found {screener.sha256[:12]}…."
        )
    return screener


def _size(film: Radiograph) -> tuple[int, int]:
    height, width = film.pixels.shape
    return width, height


def _usable(lungs: Lungs | None) -> np.ndarray | None:
    return lungs.mask if lungs is not None and lungs.plausible else None


def _on_film(result: ScreeningResult, placement: Placement) -> ScreeningResult:
    """Say where things lie: on a tilted film as turned, on any other as it lies in its file."""
    if placement.degrees or not placement.moved:
        return replace(result, placement=placement)
    mask, places = result.lung_mask, result.zone_map
    return replace(
        result,
        heatmap_box=within(placement.box, result.heatmap_box),
        lung_mask=None if mask is None else spread(mask, placement.box),
        zone_map=None if places is None else spread(places, placement.box),
    )


def _reason(laid: Laid, sentence: str) -> str:
    """Put how a tilted film was laid before the sentence; borders cut off are no reason."""
    note = laid.note if laid.placement.degrees else ""
    return f"{note} {sentence}".strip()


def _sigmoid(logits: np.ndarray | None, i: int) -> float | None:
    return None if logits is None else float(expit(float(logits[i])))
