"""Fit the classifier's trunk on its lessons: epochs, checkpoints, curves.

A run lives in `runs/<name>/`: `history.csv` grows by one row per epoch, and a checkpoint with the
optimizer's state and the averaged weights lets a killed run go on where it was. Batches are drawn
by a process of their own, so that drawing and learning do not wait for each other.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.callbacks import LambdaCallback

from covidweb.metrics import auc
from covidweb.networks.classifier import SIZE, STAGE, STRIDE, WIDTH, build_classifier
from covidweb.networks.trunk import trunk_layers
from covidweb.training.classifier.batches import Drawer, batches, drawing_process
from covidweb.training.classifier.lessons import Lesson, Mix, make_lessons
from covidweb.training.classifier.pool import Pool
from covidweb.training.classifier.pretrained import load_trunk, pretrained_file, read_tensors
from covidweb.training.classifier.strength import Strength
from covidweb.training.run import Run, epoch_line

COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "auc",
    "val_loss",
    "val_accuracy",
    "val_auc",
    "opacity_loss",
    "opacity_accuracy",
    "val_opacity_auc",
    "learning_rate",
    "seconds",
)
VALIDATION_FILMS = 20
"""Films of each kind on which the curves are drawn."""

Log = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a run becomes, beside the data and the seed.

    Attributes:
        epochs, batches: epochs, and batches in each.
        size, width, stage, cut: of the network.
        pretrained: start the trunk from ImageNet weights.
        frozen: stages, the stem with them, that keep these weights.
        rate: highest learning rate; it rises over the first epoch and falls as a cosine.
        decay: weight decay. average: momentum of the weights' moving average.
        gradient: share of the COVID head's gradient that reaches the trunk; 0 stops it.
        place: weight of the lesson where opacities are.
    """

    epochs: int = 20
    batches: int = 50
    size: int = SIZE
    width: int = WIDTH
    stage: int = STAGE
    cut: bool = False
    pretrained: bool = True
    frozen: int = 2
    rate: float = 1e-3
    decay: float = 0.02
    average: float = 0.99
    gradient: float = 0.1
    place: float = 1.0
    mix: Mix = field(default_factory=Mix)
    strength: Strength = field(default_factory=Strength)


def fit(
    pool: Pool,
    recipe: Recipe,
    folder: Path,
    seed: int,
    hold_out: tuple[str, ...] = (),
    log: Log = print,
    *,
    beside: bool = True,
) -> keras.Model:
    """Fit the trunk, or go on with a run that was killed.

    Args:
        pool: the films.
        recipe: what to do.
        folder: of the run; a finished or half-done run of the same recipe, seed and sources in
            it is taken up, any other is started afresh.
        seed: of weights, order and augmentation.
        hold_out: sources that are not learned from.
        log: receives one line per epoch.
        beside: draw batches in a process of their own; the films are the same either way.

    Returns:
        The classifier with averaged weights, in its dense form; its COVID reading is not set yet,
        see `covidweb.training.classifier.head`.

    Raises:
        DataError: the pretrained start is not installed.
    """
    keras.utils.set_random_seed(seed)
    model = start(recipe)
    training = _training_model(model, recipe)
    lessons = make_lessons(pool, "train", recipe.mix, hold_out)
    drawer = Drawer(
        pool,
        tuple(lessons),
        recipe.size,
        recipe.size // STRIDE,
        seed,
        recipe.strength,
        recipe.mix.boxes,
    )
    watched = _watched(pool, make_lessons(pool, "validation", recipe.mix, hold_out), seed)
    facts = {"recipe": asdict(recipe), "seed": seed, "hold_out": list(hold_out)}
    run = Run(folder, COLUMNS, facts)
    first = run.resume(training)
    keep = LambdaCallback(on_epoch_end=_Keeper(training, pool, watched, run, log))
    with drawing_process(drawer) if beside else nullcontext() as process:
        drawn = (
            batch
            for epoch in range(first, recipe.epochs)
            for batch in batches(drawer, epoch, recipe.batches, process)
        )
        fit_epochs(training, drawn, first, recipe.epochs, recipe.batches, [keep])
    return dense(model, recipe)


def fit_epochs(
    training: keras.Model,
    drawn: Iterator[Any],
    first: int,
    epochs: int,
    batches: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Fit the epochs from number `first` on, if any are left, and end with averaged weights.

    One call for all epochs: each call of Keras' `fit` ends by putting the average in the weights'
    place.
    """
    if first < epochs:
        training.fit(
            drawn,
            steps_per_epoch=batches,
            initial_epoch=first,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
    training.optimizer.finalize_variable_values(training.trainable_variables)


def dense(model: keras.Model, recipe: Recipe) -> keras.Model:
    """Return a trained network with four times the cells. It learns on every fourth: for speed."""
    found = build_classifier(recipe.size, recipe.width, recipe.stage, recipe.cut, dense=True)
    for layer in model.layers:
        if layer.weights:
            found.get_layer(layer.name).set_weights(layer.get_weights())
    return found


def start(recipe: Recipe) -> keras.Model:
    """Return the network before its first batch.

    A pretrained trunk keeps the statistics of its normalisations: batches mix sources in shares
    of our choosing, which no film at screening comes in.

    Raises:
        DataError: the pretrained start is not installed, or does not fit.
    """
    model = build_classifier(recipe.size, recipe.width, recipe.stage, recipe.cut)
    if recipe.pretrained:
        load_trunk(model, read_tensors(pretrained_file()))
        for layer in trunk_layers(model, recipe.frozen):
            layer.trainable = False
        for layer in trunk_layers(model, recipe.stage):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
    return model


def _training_model(model: keras.Model, recipe: Recipe) -> keras.Model:
    """Return the network with a loss on each lesson, compiled."""
    from keras import layers, ops

    features = model.get_layer("opaque_features").output
    held = ops.stop_gradient(features)
    share = recipe.gradient
    reached = held if share == 0 else share * features + (1 - share) * held
    scaled = layers.BatchNormalization(momentum=0.97, name="covid_scale")(reached)
    outputs = {
        "opacity": model.get_layer("opacity_logit").output,
        "covid": layers.Dense(1, name="covid_joint")(scaled),
        "place": model.get_layer("place_logit").output,
    }
    outputs = {
        name: layers.Activation("linear", name=name)(value) for name, value in outputs.items()
    }
    training = keras.Model(model.input, outputs)
    training.compile(
        optimizer(recipe.epochs, recipe.batches, recipe.rate, recipe.decay, recipe.average),
        loss={name: _binary() for name in outputs},
        loss_weights={"opacity": 1.0, "covid": 1.0, "place": recipe.place},
        weighted_metrics={name: _metrics() for name in ("covid", "opacity")},
        jit_compile=False,
    )
    return training


def _binary() -> keras.losses.Loss:
    return keras.losses.BinaryCrossentropy(from_logits=True, reduction="mean_with_sample_weight")


def _metrics() -> list[keras.metrics.Metric]:
    return [
        keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy"),
        keras.metrics.AUC(num_thresholds=100, from_logits=True, name="auc"),
    ]


def optimizer(
    epochs: int, batches: int, rate: float, decay: float, average: float
) -> keras.optimizers.Optimizer:
    """Return AdamW with a moving average of the weights; the arguments are those of a `Recipe`."""
    steps = epochs * batches
    rising = min(batches, steps // 4)
    return keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            rate / 20, steps - rising, 0.01, warmup_target=rate, warmup_steps=rising
        ),
        weight_decay=decay,
        clipnorm=5.0,
        use_ema=True,
        ema_momentum=average,
        ema_overwrite_frequency=None,
    )


def learning_rate(training: keras.Model) -> float:
    """Return the rate of a compiled model's next step."""
    return float(keras.ops.convert_to_numpy(training.optimizer.learning_rate))


@dataclass(frozen=True, eq=False)
class _Watched:
    """Films on which the curves are drawn: rows of the pool and what is known of them."""

    index: np.ndarray
    covid: np.ndarray
    opacity: np.ndarray
    source: np.ndarray


def _watched(pool: Pool, lessons: list[Lesson], seed: int) -> _Watched:
    rng = np.random.default_rng((seed, 7))
    parts = [
        (rng.permutation(lesson.index)[:VALIDATION_FILMS], lesson)
        for lesson in lessons
        if not lesson.plan.insert or lesson.plan.covid is not None
    ]
    index = np.concatenate([rows for rows, _ in parts])

    def told(name: str) -> np.ndarray:
        values = [getattr(lesson.plan, name) for _, lesson in parts]
        return np.concatenate(
            [
                np.full(len(rows), np.nan if v is None else v)
                for (rows, _), v in zip(parts, values, strict=True)
            ]
        )

    return _Watched(index, told("covid"), told("opacity"), pool.rows["source"].to_numpy()[index])


def _validate(training: keras.Model, pool: Pool, watched: _Watched) -> dict[str, float]:
    found = training.predict(pool.standard(watched.index), batch_size=64, verbose=0)
    known = ~np.isnan(watched.covid)
    logit, truth = found["covid"][known, 0].astype(np.float64), watched.covid[known]
    loss = np.mean(np.logaddexp(0, logit) - truth * logit)
    values = {
        "val_loss": float(loss),
        "val_accuracy": float(np.mean((logit > 0) == (truth == 1))),
        "val_auc": auc(truth, logit),
    }
    within = []
    for source in ("kermany", "nih"):
        one = (watched.source == source) & ~np.isnan(watched.opacity)
        if len(np.unique(watched.opacity[one])) == 2:
            within.append(auc(watched.opacity[one], found["opacity"][one, 0]))
    values["val_opacity_auc"] = float(np.mean(within)) if within else float("nan")
    return values


class _Keeper:
    """Keeps every epoch: its row of the history, the weights, and a line of the log."""

    def __init__(
        self, training: keras.Model, pool: Pool, watched: _Watched, run: Run, log: Log
    ) -> None:
        self._training, self._pool, self._watched = training, pool, watched
        self._run, self._log = run, log
        self._begun = time.monotonic()

    def __call__(self, epoch: int, logs: Mapping[str, float]) -> None:
        row = {"epoch": epoch + 1, **_learned(logs, self._training)}
        row |= _validate(self._training, self._pool, self._watched)
        now = time.monotonic()
        row["seconds"], self._begun = now - self._begun, now
        self._run.save(self._training, epoch, row)
        self._log(epoch_line(epoch + 1, row))


def _learned(logs: Mapping[str, float], training: keras.Model) -> dict[str, float]:
    return {
        "loss": float(logs["covid_loss"]),
        "accuracy": float(logs["covid_accuracy"]),
        "auc": float(logs["covid_auc"]),
        "opacity_loss": float(logs["opacity_loss"]),
        "opacity_accuracy": float(logs["opacity_accuracy"]),
        "learning_rate": learning_rate(training),
    }
