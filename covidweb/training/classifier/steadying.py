"""Teach a finished classifier to answer the same however a film is read.

The network is its own teacher (as in Xie et al., "Self-training with noisy student", CVPR 2020): it
answers for every training film as it is and for its mirror image, and a copy of it learns to give
the mean of both for the same film tilted and turned upright, framed, or copied otherwise
(`readings`). No label takes part, so nothing new is learned of where films came from.
"""

import hashlib
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from covidweb.training.classifier.batches import batches, drawing_process
from covidweb.training.classifier.fit import (
    Log,
    Recipe,
    dense,
    fit_epochs,
    learning_rate,
    optimizer,
)
from covidweb.training.classifier.lessons import Mix, make_lessons
from covidweb.training.classifier.pool import Pool
from covidweb.training.classifier.readings import Changes, Reader
from covidweb.training.run import Run

COLUMNS = (
    "epoch",
    "loss",
    "covid_loss",
    "probability_loss",
    "opacity_loss",
    "features_loss",
    "place_loss",
    "learning_rate",
    "seconds",
)
_ASKED = ("covid_logit", "opacity_logit", "place_logit", "features")
_READ = ("covid_reading", "opacity_share", "opacity_logit")
"""The readings of the features: they stay, and the features learn to keep still under them."""
_BATCH = 64


@dataclass(frozen=True)
class Steadying:
    """How a finished classifier is made steady.

    Attributes:
        epochs, batches: epochs, and batches in each.
        rate: highest learning rate; it rises over the first epoch and falls as a cosine.
        decay: weight decay. average: momentum of the weights' moving average.
        probability: weight of the squared move of the probability, beside that of the logit in
            units of its spread.
        opacity: weight of the squared move of the opacity logit, likewise.
        changes: what befalls the films.
        mix: the kinds of film of a batch; None for those that the teacher learned from.
    """

    epochs: int = 20
    batches: int = 50
    rate: float = 3e-4
    decay: float = 0.005
    average: float = 0.99
    probability: float = 20.0
    opacity: float = 0.5
    changes: Changes = field(default_factory=Changes)
    mix: Mix | None = None


@dataclass(frozen=True, eq=False)
class Taught:
    """What the teacher says of films, by name of `_ASKED`; `at` gives a row's place, int (R,)."""

    at: np.ndarray
    said: dict[str, np.ndarray]

    @cached_property
    def spread(self) -> dict[str, np.ndarray]:
        """The standard deviations of each answer that is scaled by them, float32 (C,)."""
        return {
            name: np.asarray(self.said[name].std(axis=0) + 1e-6, np.float32)
            for name in ("covid_logit", "opacity_logit", "features")
        }

    def targets(self, rows: np.ndarray, mirrored: np.ndarray) -> dict[str, np.ndarray]:
        """Return what is to be said of films drawn from rows of the pool."""
        said = {name: values[self.at[rows]] for name, values in self.said.items()}
        place = _sigmoid(said["place_logit"])
        place[mirrored] = place[mirrored][:, :, ::-1]
        scaled = {
            name: said[f"{name}_logit"] / self.spread[f"{name}_logit"]
            for name in ("covid", "opacity")
        }
        return scaled | {
            "probability": _sigmoid(said["covid_logit"]),
            "place": place,
            "features": said["features"] / self.spread["features"],
        }


def steadied(
    teacher: keras.Model,
    pool: Pool,
    recipe: Recipe,
    plan: Steadying,
    folder: Path,
    seed: int,
    hold_out: tuple[str, ...] = (),
    log: Log = print,
    *,
    beside: bool = True,
) -> keras.Model:
    """Return a steadier copy of a classifier, or go on with a run that was killed.

    Args:
        teacher: in its dense form, its COVID reading set; not changed.
        pool: the films.
        recipe: that the teacher was trained by.
        plan: what to do.
        folder: of the run; one of the same teacher, plan, recipe, seed and sources is taken up.
        seed: of the draws.
        hold_out: sources that are not learned from.
        log: receives one line per epoch.
        beside: draw batches in a process of their own; the films are the same either way.

    Returns:
        The classifier with averaged weights, in its dense form; its COVID reading is the teacher's.
    """
    keras.utils.set_random_seed(seed)
    lessons = tuple(make_lessons(pool, "train", plan.mix or recipe.mix, hold_out))
    taught = ask(teacher, pool, np.unique(np.concatenate([o.index for o in lessons])))
    student = dense(teacher, recipe)
    training = _training_model(student, taught, plan)
    facts = {
        "teacher": _fingerprint(teacher),
        "recipe": asdict(recipe),
        "plan": asdict(plan),
        "seed": seed,
        "hold_out": list(hold_out),
    }
    run = Run(folder, COLUMNS, facts)
    first = run.resume(training)
    reader = Reader(pool, lessons, seed, plan.changes)
    with drawing_process(reader) if beside else nullcontext() as process:
        drawn = (
            (films, taught.targets(rows, mirrored))
            for epoch in range(first, plan.epochs)
            for rows, films, mirrored in batches(reader, epoch, plan.batches, process)
        )
        callbacks = run.callbacks(training, lambda _: learning_rate(training), log)
        fit_epochs(training, drawn, first, plan.epochs, plan.batches, callbacks)
    return dense(student, recipe)


def ask(teacher: keras.Model, pool: Pool, index: np.ndarray) -> Taught:
    """Return what a classifier says of rows `index` of the pool: means of film and mirror image."""
    asked = keras.Model(teacher.input, {n: teacher.get_layer(n).output for n in _ASKED})
    found: dict[str, list[np.ndarray]] = {name: [] for name in _ASKED}
    for part in np.array_split(index, max(1, len(index) // _BATCH)):
        films = pool.standard(part)
        said = asked.predict_on_batch(films)
        mirrored = asked.predict_on_batch(films[:, :, ::-1])
        mirrored["place_logit"] = mirrored["place_logit"][:, :, ::-1]
        for name in _ASKED:
            found[name].append((said[name] + mirrored[name]) / 2)
    at = np.full(len(pool.rows), -1)
    at[index] = np.arange(len(index))
    return Taught(at, {name: np.concatenate(parts) for name, parts in found.items()})


def _training_model(student: keras.Model, taught: Taught, plan: Steadying) -> keras.Model:
    """Return the network with a loss on each answer, compiled.

    Normalisations keep their statistics, as those of batches are of changed films.
    """
    from keras import layers

    for layer in student.layers:
        layer.trainable = layer.name not in _READ and not isinstance(
            layer, layers.BatchNormalization
        )
    said = {name: student.get_layer(name).output for name in _ASKED}
    scaled = {
        "covid": said["covid_logit"] / taught.spread["covid_logit"],
        "opacity": said["opacity_logit"] / taught.spread["opacity_logit"],
        "features": said["features"] / taught.spread["features"],
        "probability": keras.ops.sigmoid(said["covid_logit"]),
        "place": said["place_logit"],
    }
    training = keras.Model(
        student.input,
        {name: layers.Activation("linear", name=f"to_{name}")(v) for name, v in scaled.items()},
    )
    training.compile(
        optimizer(plan.epochs, plan.batches, plan.rate, plan.decay, plan.average),
        loss={name: "mse" for name in scaled}
        | {"place": keras.losses.BinaryCrossentropy(from_logits=True)},
        loss_weights={
            "covid": 1.0,
            "probability": plan.probability,
            "opacity": plan.opacity,
            "features": 1.0,
            "place": 1.0,
        },
        jit_compile=False,
    )
    return training


def _fingerprint(model: keras.Model) -> str:
    """Return a hash of the weights without the readings: each run fits that of COVID-19 anew."""
    found = hashlib.sha256()
    for layer in model.layers:
        if layer.name not in _READ:
            for weights in layer.get_weights():
                found.update(np.ascontiguousarray(weights).tobytes())
    return found.hexdigest()[:16]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
