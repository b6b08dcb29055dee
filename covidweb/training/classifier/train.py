"""Train the default classifier and write its bundle.

The trunk learns opacities within sources (`lessons`, `fit`), in two courses whose ends are averaged
(`course`), and to keep still (`steadying`), and its kernels are rounded (`rounded`); the COVID
reading is a direction in its features that turns away from places (`head`); probability, threshold
and doubt come from validation films and from sources left out (`calibrate`).
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from covidweb.bundle import HISTORY, WEIGHTS, Bundle, Card, InputSpec, seal
from covidweb.bundle.card import Data, GateLimit, Origin
from covidweb.dataset import load_manifest, manifest_sha256, split_manifest, split_sha256
from covidweb.files import file_sha256, replacing, write_text
from covidweb.networks.classifier import CAM_LAYER
from covidweb.networks.device import prepare_device
from covidweb.training.classifier.calibrate import RULE, Operating, Place, operating_point
from covidweb.training.classifier.copies import copied_films, copies_features
from covidweb.training.classifier.gate import FILE as GATE
from covidweb.training.classifier.gate import RULE as GATE_RULE
from covidweb.training.classifier.gate import fit_gate
from covidweb.training.classifier.head import Head, HeadOptions, Kinds, fit_head, left_out
from covidweb.training.classifier.pool import CUT_OUT, Pool, load_pool
from covidweb.training.classifier.pretrained import LICENCE, PACKAGE, pretrained_file
from covidweb.training.lite import save_lite
from covidweb.training.provenance import INTENDED_USE, versions
from covidweb.training.run import run_folder

if TYPE_CHECKING:
    import keras

    from covidweb.training.classifier.course import Course
    from covidweb.training.classifier.fit import Recipe
    from covidweb.training.classifier.steadying import Steadying

MARGIN = 0.08
MAIN = "train_pool"
MEASURED = 128
"""Films on which the rounded network's normalisations are measured."""
VIEWED = ("rsna", "rsna_lungs", "nih")
"""Sources that name the view of every adult's film."""
LIMITS = (
    "Two classes only: other pneumonias and tuberculosis look like COVID-19 to it and are often "
    "called so; the evaluation says how often.",
    "It was taught what opacity looks like, not what virus caused it. It cannot tell COVID-19 "
    "from other causes of the same picture.",
    "A film of a person with COVID-19 may look normal. A low probability rules nothing out.",
    "Normal and COVID-19 films of its training came from different hospitals; what was done "
    "against shortcuts is described, and what is left of them is measured in the audit.",
    "Near the middle, covidweb answers with the mean over five readings of a film; the weights "
    "alone give the first of them.",
    "Frontal films of adults. Children were used for lessons on opacity; healthy ones count a "
    "little as normal, so that what looks like a child is not called COVID-19. None has it.",
)

Log = Callable[[str], None]


def train_classifier(
    data: Path,
    output: Path,
    *,
    seed: int = 0,
    epochs: int | None = None,
    steady_epochs: int | None = None,
    hold_out: tuple[str, ...] = (),
    courses: "Sequence[Course] | None" = None,
    options: HeadOptions | None = None,
    last: "Sequence[Steadying] | None" = None,
    fresh: float | None = None,
    command: str = "",
    log: Log = print,
    models: Path | None = None,
    beside: bool = True,
) -> Bundle:
    """Train on the learned sets and write the bundle; a killed run goes on where it was.

    Args:
        data: the data root.
        output: folder of the bundle; its name is the run's name under `runs/`.
        seed: of weights, order and augmentation.
        epochs: passes; None for the recipes'. steady_epochs: passes that make it steady, none at
            0; None for the plans'.
        hold_out: sources to leave out of everything, for experiments.
        courses: whose mean the network is. options: of the head. last: what makes the mean steady,
            one round after another. fresh: share of the last course's end that is mixed in then.
            None for the product's.
        command: the command line, for the card.
        log: receives one line per epoch.
        models: folder of bundles with `lungs`; None for the product's own.
        beside: draw batches in a process of their own.

    Raises:
        DataError: the manifest or a film cannot be read, or the pretrained start is missing.
        ModelError: there is no lung network.
    """
    from covidweb.training.classifier.course import COURSES, FRESH, LAST, averaged
    from covidweb.training.classifier.fit import fit
    from covidweb.training.classifier.rounded import rounded
    from covidweb.training.classifier.steadying import steadied

    device = prepare_device()
    _deterministic()
    courses = COURSES if courses is None else courses
    last = LAST if last is None else last
    fresh = FRESH if fresh is None else fresh
    if epochs is not None:
        courses = [replace(o, recipe=replace(o.recipe, epochs=epochs)) for o in courses]
    if steady_epochs is not None:
        courses = [replace(o, plan=replace(o.plan, epochs=steady_epochs)) for o in courses]
        last = [replace(plan, epochs=steady_epochs) for plan in last]
    recipe = courses[0].recipe
    spec = InputSpec(recipe.size, "lungs", MARGIN, mask_channel=True)
    name = "-".join([output.name, f"seed{seed}", *hold_out])
    pool = load_pool(data, spec, run_folder(name).parent / "cache", models)
    log(f"{len(pool.rows)} films, on {device}")
    options = options or HeadOptions()

    def steadier(
        model: "keras.Model", taught: "Recipe", plan: "Steadying", step: str, draws: int
    ) -> "keras.Model":
        if not plan.epochs:
            return model
        learn_reading(model, pool, options, hold_out, seed)
        folder = run_folder(f"{name}-{step}")
        return steadied(model, pool, taught, plan, folder, draws, hold_out, log, beside=beside)

    ends = []
    for number, course in enumerate(courses, 1):
        folder = run_folder(f"{name}-course{number}")
        model = fit(pool, course.recipe, folder, seed, hold_out, log, beside=beside)
        step = f"course{number}-steady"
        ends.append(steadier(model, course.recipe, course.plan, step, seed))
    model = averaged(ends)
    for number, plan in enumerate(last):
        model = steadier(model, recipe, plan, f"mean-steady{number + 1}", seed + number)
    if len(ends) > 1:
        model = averaged([model, ends[-1]], (1 - fresh, fresh))
    learned = np.flatnonzero(_kept(pool, hold_out) & (pool.rows["split"] == "train"))
    measured = np.random.default_rng(seed).permutation(learned)[:MEASURED]
    model = rounded(model, pool.standard(np.sort(measured)))
    facts = finish(model, pool, options, hold_out, seed)
    output.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run_folder(f"{name}-course{len(courses)}") / HISTORY, output / HISTORY)
    source = Data(
        manifest_sha256=manifest_sha256(data),
        split_sha256=split_sha256(split_manifest(load_manifest(data))),
        films=_counts(pool, hold_out),
    )
    card = _card(spec, facts, courses, last, fresh, seed, hold_out)
    return write_bundle(model, output, replace(card, data=source, command=command), facts)


@dataclass(frozen=True, eq=False)
class Facts:
    """What was found after fitting.

    Attributes:
        operating: calibration, threshold and band.
        options: of the head.
        gate: the cloud of the learned films, and its limit.
        cam_scale: evidence of a cell that 95 % of the validation positives' hottest stay below.
        left_out: AUC of each pair of sources left out of the head; `inside` of validation.
        unpenalised: AUC inside of a head that does not turn away from places.
    """

    operating: Operating
    options: HeadOptions
    gate: tuple[dict[str, Any], float]
    cam_scale: float
    left_out: dict[str, float]
    unpenalised: float


@dataclass(frozen=True, eq=False)
class Learned:
    """Films that a COVID reading was fitted on, and those kept from it.

    Attributes:
        index: rows of the pool int (n,): all but the test split.
        train: bool (n,), whether a film is of the training split; the others validate.
        films: what the head may know of all.
        copies: training films drawn again in another style.
        head: the reading.
    """

    index: np.ndarray
    train: np.ndarray
    films: Kinds
    copies: Kinds
    head: Head

    @property
    def fitted(self) -> Kinds:
        """What the head was fitted on."""
        return self.films.take(self.train).joined(self.copies)


def learn_reading(
    model: "keras.Model",
    pool: Pool,
    options: HeadOptions,
    hold_out: tuple[str, ...] = (),
    seed: int = 0,
) -> Learned:
    """Fit the COVID reading on a trained trunk's features and set it; changes the model."""
    index = np.flatnonzero(_kept(pool, hold_out) & (pool.rows["split"] != "test"))
    rows = pool.rows.iloc[index]
    films = kinds(features_of(model, pool, index), rows)
    train = (rows["split"] == "train").to_numpy()
    chosen = copied_films(pool, index[train], seed)
    drawn = copies_features(model, pool, chosen, seed, pool.inputs.shape[1])
    copies = kinds(drawn, pool.rows.iloc[chosen])
    head = fit_head(films.take(train).joined(copies), opacity_head(model), options)
    _set_head(model, head)
    return Learned(index, train, films, copies, head)


def finish(
    model: "keras.Model",
    pool: Pool,
    options: HeadOptions,
    hold_out: tuple[str, ...] = (),
    seed: int = 0,
) -> Facts:
    """Set the COVID reading and calibrate; changes the model's weights."""
    from covidweb.metrics import auc
    from covidweb.networks.classifier import evidence_model

    learned = learn_reading(model, pool, options, hold_out, seed)
    films, train, index = learned.films, learned.train, learned.index
    rows, opacity = pool.rows.iloc[index], opacity_head(model)
    scores = left_out(films, opacity, options, source_pairs(films), learned.copies)
    validation = films.take(~train)
    logits = learned.head(validation.features)
    known = (rows["set"] == MAIN).to_numpy()[~train]
    places = {
        "inside": Place(
            logits[known & (validation.label == "covid")],
            logits[known & (validation.label == "normal")],
        )
    } | {f"{a}-{b}": Place(*found) for (a, b), found in scores.items()}
    children = logits[validation.children]
    sick = index[~train][known & (validation.label == "covid")][:256]
    maps = evidence_model(model).predict(pool.standard(sick), batch_size=64, verbose=0)["evidence"]
    aucs = {
        name: auc(np.repeat([1, 0], [len(p.sick), len(p.well)]), np.concatenate([p.sick, p.well]))
        for name, p in places.items()
    }
    free = fit_head(learned.fitted, opacity, replace(options, penalty=0.0))
    whole = (rows["set"] != CUT_OUT).to_numpy()
    looks = films.features[:, _opaque_features(model) :]
    return Facts(
        operating_point(places, children),
        options,
        fit_gate(
            looks[train & whole],
            films.source[train & whole],
            looks[~train & whole],
        ),
        float(max(np.percentile(maps.max(axis=(1, 2)), 95), 1e-6)),
        aucs,
        auc(validation.label[known] == "covid", free(validation.features[known])),
    )


def kinds(features: np.ndarray, rows: pd.DataFrame) -> Kinds:
    """Return what the head may know of films: features float (N, C) and their manifest rows."""
    normal = rows["label"] == "normal"
    viewed = rows["source"].isin(VIEWED) & rows["view"].isin(("AP", "PA"))
    return Kinds(
        features,
        rows["label"].to_numpy(),
        rows["source"].to_numpy(),
        ((rows["set"] == MAIN) | (normal & (rows["source"] == "nih"))).to_numpy(),
        (normal & (rows["source"] == "kermany")).to_numpy(),
        (rows["source"] + (" " + rows["view"]).where(viewed, "")).to_numpy(),
    )


def opacity_head(model: "keras.Model") -> Head:
    """Return the trained reading of opacity, of all features: those it does not read weigh 0."""
    weights, bias = model.get_layer("opacity_logit").get_weights()
    others = model.get_layer("features").output.shape[-1] - len(weights)
    return Head(np.pad(weights[:, 0].astype(np.float64), (0, others)), float(bias[0]))


def source_pairs(films: Kinds) -> list[tuple[str, str]]:
    """Return every pair of a COVID source and a normal source that leaves another of each."""
    sick, well = (
        np.unique(films.source[films.answers & (films.label == label)])
        for label in ("covid", "normal")
    )
    if len(sick) < 2 or len(well) < 2:
        return []
    return [(a, b) for a in sick for b in well]


def _opaque_features(model: "keras.Model") -> int:
    """Return how many of the features count by how opaque the cells look; they come first."""
    return int(model.get_layer("opaque_features").output.shape[-1])


def features_of(model: "keras.Model", pool: Pool, index: np.ndarray) -> np.ndarray:
    """Return the pooled features float64 (n, C) of rows of the pool."""
    import keras

    reader = keras.Model(model.input, model.get_layer("features").output)
    parts = [
        reader.predict_on_batch(pool.standard(part))
        for part in np.array_split(index, max(1, len(index) // 64))
    ]
    return np.concatenate(parts).astype(np.float64)


def write_bundle(model: "keras.Model", output: Path, card: Card, facts: Facts) -> Bundle:
    """Save weights and gate, then seal the card over them."""
    with replacing(output / WEIGHTS) as beside:
        model.save(beside)
    write_text(output / GATE, json.dumps(facts.gate[0]))
    return seal(output, card, (WEIGHTS, GATE, save_lite(model, output / WEIGHTS, "classifier")))


def _kept(pool: Pool, hold_out: tuple[str, ...]) -> np.ndarray:
    """Return bool (N,): films with lungs, of sources that take part."""
    return np.asarray(~pool.rows["source"].isin(hold_out) & pool.framed)


def _set_head(model: "keras.Model", head: Head) -> None:
    """Write the joint head into the graph: a reading of its own plus a share of the opacity."""
    opacity = opacity_head(model)
    own = head.weights - head.share * opacity.weights
    model.get_layer("opacity_share").set_weights([np.array([[head.share]], np.float32)])
    bias = np.array([head.bias - head.share * opacity.bias], np.float32)
    model.get_layer("covid_reading").set_weights([own[:, None].astype(np.float32), bias])


def _deterministic() -> None:
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def _counts(pool: Pool, hold_out: tuple[str, ...]) -> dict[str, int | dict[str, int]]:
    rows = pool.rows[~pool.rows["source"].isin(hold_out)]
    names = rows["source"] + " " + rows["label"]
    return {
        str(part): {str(k): int(n) for k, n in names[rows["split"] == part].value_counts().items()}
        for part in ("train", "validation", "test")
    }


def _origin() -> Origin:
    return Origin(
        package=PACKAGE,
        licence=LICENCE,
        sha256=file_sha256(pretrained_file()),
        what="EfficientNet-Lite0, taught to tell the 1,000 kinds of picture of ImageNet apart.",
    )


def _card(
    spec: InputSpec,
    facts: Facts,
    courses: "Sequence[Course]",
    last: "Sequence[Steadying]",
    fresh: float,
    seed: int,
    hold_out: tuple[str, ...],
) -> Card:
    point = facts.operating
    return Card(
        kind="classifier",
        title="Opacity learned within hospitals, COVID-19 read off it",
        classes=("covid", "normal"),
        input=spec,
        cam_layer=CAM_LAYER,
        cam_scale=facts.cam_scale,
        calibration=point.calibration,
        threshold=point.threshold,
        threshold_rule=RULE,
        uncertain_band=point.band,
        gate=GateLimit(file=GATE, limit=facts.gate[1], rule=GATE_RULE),
        elsewhere=point.elsewhere,
        origin=_origin() if courses[0].recipe.pretrained else None,
        head=asdict(facts.options),
        left_out_auc=facts.left_out,
        inside_auc_unpenalised=facts.unpenalised,
        recipe={
            "courses": [asdict(course) for course in courses],
            "last": [asdict(plan) for plan in last],
            "fresh": fresh,
            "seed": seed,
        },
        held_out_sources=hold_out,
        versions=versions(),
        intended_use=INTENDED_USE,
        limits=LIMITS,
    )
