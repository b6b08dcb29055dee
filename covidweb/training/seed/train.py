"""Train the article's network the article's way, on films split by group."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from covidweb.bundle import WEIGHTS, Bundle, Card, InputSpec, seal
from covidweb.bundle.card import Article, Data, DrawnTest
from covidweb.dataset import load_manifest, manifest_sha256, split_pool, split_sha256
from covidweb.errors import DataError
from covidweb.networks.device import prepare_device
from covidweb.networks.seed import CAM_LAYER, DENSE, SIZE, build_seed
from covidweb.training.films import whole_film_inputs
from covidweb.training.provenance import INTENDED_USE, versions
from covidweb.training.run import Run, run_folder, save_network

FILMS = 3500
EPOCHS = 16
BATCH = 32
ZOOM = 0.2
RATE = 0.001
"""Adam's own."""
CLASSES = ("covid", "normal")
FRACTIONS = {"train": 0.7, "validation": 0.15, "test": 0.15}

ARTICLE = Article(
    accuracy=0.81,
    films=3500,
    split="2,450 / 550 / 550",
    epochs=16,
    note="The article reports 81 % on its own random test split and nothing from outside.",
)

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")

Log = Callable[[str], None]


def train_seed(
    data: Path,
    output: Path,
    *,
    seed: int = 0,
    films: int = FILMS,
    epochs: int = EPOCHS,
    size: int = SIZE,
    dense: int = DENSE,
    command: str = "",
    log: Log = print,
) -> Bundle:
    """Train the article's CNN and write its bundle; a killed run goes on where it was.

    Args:
        data: the data root.
        output: folder of the bundle; made when missing.
        seed: of the draw, the weights and the augmentation.
        films: how many to draw, half of them COVID-19.
        epochs: passes over the training films.
        size: side of the input in pixels.
        dense: units of the hidden layer.
        command: the command line, for the card.
        log: receives one line per epoch.

    Raises:
        DataError: the manifest lacks films of a class in a part of the split.
    """
    import keras

    prepare_device()
    keras.utils.set_random_seed(seed)
    manifest = load_manifest(data)
    split = split_pool(manifest, seed=0)
    drawn = draw(manifest, split, films, seed)
    spec = InputSpec(size=size)
    arrays = {part: whole_film_inputs(data, rows, spec) for part, rows in drawn.items()}
    labels = {part: one_hot(rows) for part, rows in drawn.items()}

    model = build_seed(size, dense)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    source = Data(
        manifest_sha256=manifest_sha256(data),
        split_sha256=split_sha256(split),
        films={part: len(rows) for part, rows in drawn.items()},
        drawn_seed=seed,
    )
    facts = {"epochs": epochs, "size": size, "dense": dense, "data": asdict(source)}
    run = Run(run_folder(f"{output.name}-seed{seed}"), COLUMNS, facts)
    model.fit(
        augmented(arrays["train"], labels["train"], seed),
        validation_data=plain(arrays["validation"], labels["validation"]),
        initial_epoch=run.resume(model),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=run.callbacks(model, lambda epoch: RATE, log),
    )
    run.copy_history(output)
    model.optimizer = None
    save_network(model, output / WEIGHTS)
    loss, accuracy = _measure(model, plain(arrays["test"], labels["test"]))
    log(f"test of {len(labels['test'])} films: loss {loss:.3f}, accuracy {accuracy:.3f}")
    card = _card(spec, dense, DrawnTest(loss=loss, accuracy=accuracy), source, command)
    return seal(output, replace(card, cam_scale=_scale(model, card, arrays, labels)))


def draw(
    manifest: pd.DataFrame, split: pd.Series, films: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Draw `films` rows, half of each class, 70/15/15, each part from the split's own part.

    Returns:
        Rows of the manifest for `train`, `validation` and `test`, shuffled.

    Raises:
        DataError: a part of the split has no film of a class.
    """
    pool = manifest[manifest["set"] == "train_pool"]
    parts = pool["image_id"].map(split)
    drawn = {}
    for part, fraction in FRACTIONS.items():
        chosen = []
        for label in CLASSES:
            rows = pool[(parts == part) & (pool["label"] == label)]
            if rows.empty:
                raise DataError(f"The {part} part of the split has no film labelled '{label}'.")
            wanted = min(len(rows), round(films * fraction / 2))
            chosen.append(rows.sample(wanted, random_state=seed))
        drawn[part] = pd.concat(chosen).sample(frac=1, random_state=seed)
    return drawn


def one_hot(rows: pd.DataFrame) -> np.ndarray:
    """Return the labels as float32 (N, 2): covid, normal."""
    return np.stack([(rows["label"] == label).to_numpy(np.float32) for label in CLASSES], axis=1)


def augmented(films: np.ndarray, labels: np.ndarray, seed: int) -> Any:
    """Return the training films as a shuffled `tf.data` pipeline with zoom and horizontal flip.

    The article's generator rescales, zooms and flips; the standard input has already rescaled
    to 0..1. The flip mirrors the heart and is kept only because the article has it.
    """
    import keras
    import tensorflow as tf

    flip = keras.layers.RandomFlip("horizontal", seed=seed, data_format="channels_last")
    zoom = keras.layers.RandomZoom(
        (-ZOOM, ZOOM), fill_mode="nearest", seed=seed + 1, data_format="channels_last"
    )
    pairs = tf.data.Dataset.from_tensor_slices((films, labels))
    pairs = pairs.shuffle(len(films), seed=seed).batch(BATCH)
    pairs = pairs.map(lambda x, y: (_layout(zoom(flip(x, training=True), training=True)), y))
    return pairs.prefetch(tf.data.AUTOTUNE)


def plain(films: np.ndarray, labels: np.ndarray) -> Any:
    """Return films and labels as batches in order, unchanged but for the channel order."""
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((films, labels)).batch(BATCH)
    return pairs.map(lambda x, y: (_layout(x), y)).prefetch(tf.data.AUTOTUNE)


def _layout(films: Any) -> Any:
    import keras
    import tensorflow as tf

    if keras.config.image_data_format() == "channels_first":
        return tf.transpose(films, (0, 3, 1, 2))
    return films


def _measure(model: Any, pairs: Any) -> tuple[float, float]:
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(pairs, verbose=0)
    return float(loss), float(accuracy)


def _scale(
    model: Any, card: Card, arrays: dict[str, np.ndarray], labels: dict[str, np.ndarray]
) -> float:
    """Return the raw heatmap value that 95 % of validation positives stay below."""
    from covidweb.screening.engine import build_engine

    sick = arrays["validation"][labels["validation"][:, 0] == 1][:128]
    grids = build_engine(model, card)(sick).grids
    return float(max(np.percentile(grids.max(axis=(1, 2)), 95), 1e-6))


def _card(spec: InputSpec, dense: int, drawn: DrawnTest, data: Data, command: str) -> Card:
    return Card(
        kind="seed",
        title="The article's network",
        classes=CLASSES,
        input=spec,
        dense=dense,
        cam_layer=CAM_LAYER,
        threshold=0.5,
        threshold_rule="The larger of the two softmax outputs, as in the article.",
        uncertain_band=(0.5, 0.5),
        drawn_test=drawn,
        article=ARTICLE,
        data=data,
        versions=versions(),
        command=command,
        intended_use=INTENDED_USE,
        limits=(
            "Learned COVID-19 and normal films from different hospitals, and so learned the "
            "hospitals: see the figures outside.",
            "Its last convolution sees about 8 pixels around each point, so its heatmaps can only "
            "show edges.",
            "Two classes only: other pneumonias and tuberculosis get one of the two answers.",
            "Uncalibrated, with no uncertain band.",
        ),
    )
