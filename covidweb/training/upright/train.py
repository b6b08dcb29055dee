"""Train the upright check on self-made copies of upright films and write its bundle."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from covidweb.bundle import Bundle, Card, InputSpec, seal
from covidweb.bundle.card import Data
from covidweb.dataset import manifest_sha256
from covidweb.dataset.split import split_sha256
from covidweb.networks.device import prepare_device
from covidweb.networks.upright import KINDS, SIZE, WIDTH, build_upright
from covidweb.screening.borders import content_box
from covidweb.screening.upright import Posture, UprightCheck
from covidweb.training.drawn import Arrays, fit_drawn
from covidweb.training.films import in_batches, read_films
from covidweb.training.lite import save_lite
from covidweb.training.provenance import INTENDED_USE, versions
from covidweb.training.run import Run, run_folder, save_network
from covidweb.training.upright.cutoffs import RULE, choose_cutoffs
from covidweb.training.upright.films import (
    Shelf,
    learned_rows,
    read_shelf,
    simulated_films,
    validation_rows,
    with_split,
)
from covidweb.training.upright.pictures import draw_picture

if TYPE_CHECKING:
    import keras

EPOCHS = 30
STEPS = 80
BATCH = 48
RATE = 3e-3
WEIGHTS = "upright.keras"
CHECKED = 768
"""Pictures drawn once from films of the split `validation`, for the history's columns `val_`."""

COLUMNS = (
    "epoch",
    "loss",
    "kind",
    "turn",
    "mirrored",
    "val_loss",
    "val_kind",
    "val_turn",
    "val_mirrored",
    "learning_rate",
    "seconds",
)

Log = Callable[[str], None]


def train_upright(
    data: Path,
    output: Path,
    *,
    seed: int = 0,
    epochs: int = EPOCHS,
    steps: int = STEPS,
    size: int = SIZE,
    width: int = WIDTH,
    command: str = "",
    log: Log = print,
) -> Bundle:
    """Train the upright check and write its bundle: weights, history and card.

    A killed run goes on where it was when the same command is given again.

    Args:
        data: the data root.
        output: folder of the bundle; made when missing.
        seed: of the films kept back, the weights and the pictures.
        epochs: each of `steps` batches of `BATCH` pictures.
        steps: batches of an epoch.
        size: side of the input in pixels.
        width: channels of the first convolution.
        command: the command line, for the card.
        log: receives one line per epoch.

    Raises:
        DataError: the manifest or a film in it is missing.
    """
    prepare_device()
    films = with_split(data)
    learned, checked = films[learned_rows(films)], films[validation_rows(films)]
    source = _data(data, films, learned)
    facts = {"epochs": epochs, "steps": steps, "size": size, "width": width, "data": asdict(source)}
    run = Run(run_folder(f"{output.name}-seed{seed}"), COLUMNS, facts)
    cache = run_folder("cache-upright")
    model = fit(
        _with_simulated(read_shelf(data, learned, cache)),
        read_shelf(data, checked, cache),
        run,
        seed=seed,
        epochs=epochs,
        steps=steps,
        size=size,
        width=width,
        log=log,
    )
    save_network(model, output / WEIGHTS)
    run.copy_history(output)
    card = _card(size, width, seed, source, command)
    files = (WEIGHTS, save_lite(model, output / WEIGHTS, "upright"))
    seal(output, card, files)
    check = UprightCheck.load(output.parent, output.name)
    cutoffs = choose_cutoffs(_postures(check, data, checked))
    return seal(output, replace(card, cutoffs=cutoffs), files)


def fit(
    shelf: Shelf,
    checked: Shelf,
    run: Run,
    *,
    seed: int,
    epochs: int,
    steps: int,
    size: int,
    width: int,
    log: Log,
) -> "keras.Model":
    """Fit a fresh network and return it without its optimiser; see `train_upright`."""
    import keras

    keras.utils.set_random_seed(seed)
    model = build_upright(size, width)
    return fit_drawn(
        model,
        run,
        lambda epoch, step: _drawn(shelf, size, BATCH, (seed, 2, epoch, step)),
        _drawn(checked, size, CHECKED, (seed, 1)),
        loss=picture_loss,
        metrics=[kind, turn, mirrored],
        rate=RATE,
        epochs=epochs,
        steps=steps,
        log=log,
    )


def picture_loss(target: Any, answers: Any) -> Any:
    """Cross-entropy of the kind and of mirrored, and the angle's square error, where they count.

    Args:
        target: (N, 6) as `Picture.target` makes it.
        answers: (N, 8) as `build_upright` gives them.

    Returns:
        Loss per picture, (N,).
    """
    from keras import ops

    count = len(KINDS)
    kinds = ops.one_hot(ops.cast(target[:, 0], "int32"), count)
    entropy = -ops.sum(kinds * ops.log_softmax(answers[:, :count]), axis=-1)
    offset = ops.sum(ops.square(answers[:, count : count + 2] - target[:, 1:3]), axis=-1)
    logit, truth = answers[:, count + 2], target[:, 3]
    mirror = ops.softplus(logit) - truth * logit
    return entropy + 2.0 * target[:, 4] * offset + 2.0 * target[:, 5] * mirror


def kind(target: Any, answers: Any) -> Any:
    """Whether the kind was told, 0 or 1 per picture, (N,)."""
    from keras import ops

    found = ops.argmax(answers[:, : len(KINDS)], axis=-1)
    return ops.cast(ops.equal(ops.cast(found, "float32"), target[:, 0]), "float32")


def turn(target: Any, answers: Any) -> Any:
    """Share of a batch's frontal films whose angle was told to within 20 degrees."""
    from keras import ops

    found = answers[:, len(KINDS) : len(KINDS) + 2]
    along = ops.sum(found * target[:, 1:3], axis=-1)
    near = along > np.cos(np.deg2rad(20)) * ops.sqrt(ops.sum(ops.square(found), axis=-1) + 1e-9)
    return _share(near, target[:, 4])


def mirrored(target: Any, answers: Any) -> Any:
    """Share of a batch's frontal films near upright told rightly to be mirrored or not."""
    from keras import ops

    right = ops.equal(answers[:, len(KINDS) + 2] > 0, target[:, 3] > 0.5)
    return _share(right, target[:, 5])


def _share(right: Any, counted: Any) -> Any:
    from keras import ops

    return ops.sum(ops.cast(right, "float32") * counted) / ops.maximum(ops.sum(counted), 1.0)


def _drawn(shelf: Shelf, size: int, count: int, seed: tuple[int, ...]) -> Arrays:
    """Return pictures float32 (N, S, S, 1) and targets float32 (N, 6)."""
    rng = np.random.default_rng(seed)
    pictures = [draw_picture(shelf, size, rng) for _ in range(count)]
    grey = np.stack([picture.grey for picture in pictures])[..., None]
    return grey, np.stack([picture.target() for picture in pictures])


def _postures(check: UprightCheck, data: Path, rows: pd.DataFrame) -> Iterator[Posture]:
    for part in in_batches(read_films(data, rows, "Choosing cutoffs"), BATCH):
        yield from check.postures(part, [content_box(film.pixels) for film in part])


def _with_simulated(shelf: Shelf) -> Shelf:
    return Shelf(shelf.frontal + simulated_films(), shelf.lateral, shelf.other)


def _data(data: Path, films: pd.DataFrame, learned: pd.DataFrame) -> Data:
    split = films.set_index("image_id")["split"]
    counts = learned["set"].value_counts().sort_index()
    return Data(
        manifest_sha256=manifest_sha256(data),
        split_sha256=split_sha256(split),
        learned={str(name): int(count) for name, count in counts.items()},
    )


def _card(size: int, width: int, seed: int, data: Data, command: str) -> Card:
    return Card(
        kind="upright",
        title="Upright check",
        input=InputSpec(size),
        width=width,
        seed=seed,
        cutoffs_rule=RULE,
        data=data,
        intended_use=INTENDED_USE,
        limits=(
            "A heart on the right reads as a mirrored film: dextrocardia is turned away with that "
            "reason. Side letters are not read.",
            "Lateral films were learned from few patients of one collection.",
            "Oblique films, films of other parts of the body and photographs of films were not "
            "learned.",
        ),
        versions=versions(),
        command=command,
    )
