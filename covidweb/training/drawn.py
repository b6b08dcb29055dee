"""Fit a small network on batches that are drawn anew in every epoch, each by its own seed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.training.run import Run

if TYPE_CHECKING:
    import keras

Arrays = tuple[np.ndarray, np.ndarray]
"""Inputs and targets, (N, ...) each."""


def fit_drawn(
    model: "keras.Model",
    run: Run,
    draw: Callable[[int, int], Arrays],
    validation: Arrays,
    *,
    loss: Any,
    metrics: Sequence[Any],
    rate: float,
    epochs: int,
    steps: int,
    log: Callable[[str], None],
) -> "keras.Model":
    """Fit a fresh network, or go on with a run that was killed; return it without its optimiser.

    Args:
        model: the network, not compiled.
        run: keeps history and checkpoint.
        draw: makes the batch of an epoch and a step, both from 0; the same for the same numbers.
        validation: inputs and targets that stay the same.
        loss, metrics: of `model.compile`.
        rate: highest learning rate; it rises over the first 60 steps and falls as a cosine.
        epochs: each of `steps` batches.
        steps: batches of an epoch.
        log: receives one line per epoch.
    """
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 20, epochs * steps, alpha=0.005, warmup_target=rate, warmup_steps=min(steps, 60)
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-3, global_clipnorm=1.0)
    model.compile(optimizer, loss=loss, metrics=list(metrics))
    done = run.resume(model)
    model.fit(
        _batches(draw, steps, done),
        validation_data=validation,
        initial_epoch=done,
        epochs=epochs,
        verbose=0,
        callbacks=run.callbacks(model, lambda epoch: float(schedule(epoch * steps)), log),
    )
    model.optimizer = None
    return model


def _batches(draw: Callable[[int, int], Arrays], steps: int, done: int) -> Any:
    """Return a PyDataset of drawn batches; `done` epochs were fitted before."""
    import keras

    class Drawn(keras.utils.PyDataset):  # type: ignore[misc]
        epoch = done

        def __len__(self) -> int:
            return steps

        def __getitem__(self, index: int) -> Arrays:
            return draw(self.epoch, index)

        def on_epoch_end(self) -> None:
            self.epoch += 1

    return Drawn(workers=2, use_multiprocessing=False, max_queue_size=12)
