"""Train the lung finder on pairs of film and mask and write its bundle."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from covidweb.bundle import Bundle, Card, InputSpec, seal
from covidweb.bundle.card import Data
from covidweb.files import file_sha256
from covidweb.networks.device import prepare_device
from covidweb.networks.lungs import SIZE, WIDTH, build_lungs
from covidweb.training.drawn import Arrays, fit_drawn
from covidweb.training.lite import save_lite
from covidweb.training.lungs.augment import disturbed, moved, nothing
from covidweb.training.lungs.pairs import (
    HELD_OUT,
    PAIRS,
    Example,
    load_parts,
    read_examples,
)
from covidweb.training.provenance import INTENDED_USE, versions
from covidweb.training.run import Run, run_folder, save_network

EPOCHS = 42
STEPS = 60
BATCH = 16
RATE = 2e-3
WEIGHTS = "lungs.keras"
DRAWN = {"ieee8023": 0.54, "kermany": 0.24, "openist": 0.12, "empty": 0.10}
"""How often a training film comes from each source; `empty` are pictures without lungs."""

COLUMNS = ("epoch", "loss", "dice", "val_loss", "val_dice", "learning_rate", "seconds")

Log = Callable[[str], None]


def train_lungs(
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
    """Train the U-Net and write its bundle: weights, history and card.

    A killed run goes on where it was when the same command is given again.

    Args:
        data: the data root with `lung_masks.csv`, and a manifest for pictures without lungs.
        output: folder of the bundle; made when missing.
        seed: of the split, the weights and the augmentation.
        epochs: each of `steps` batches.
        steps: batches of an epoch.
        size: side of the input in pixels.
        width: channels of the finest level.
        command: the command line, for the card.
        log: receives one line per epoch.

    Raises:
        DataError: the list of pairs or a file in it is missing.
    """
    prepare_device()
    parts = load_parts(data, HELD_OUT, seed)
    pairs, empties = parts.counts
    source = Data(pairs_sha256=file_sha256(data / PAIRS), pairs=pairs, not_cxr=empties)
    facts = {"epochs": epochs, "steps": steps, "size": size, "width": width, "data": asdict(source)}
    run = Run(run_folder(f"{output.name}-seed{seed}"), COLUMNS, facts)
    model = fit(
        read_examples(data, parts.pairs, size * 5 // 4),
        read_examples(data, parts.empties, size * 5 // 4),
        read_examples(data, parts.held_pairs, size),
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
    lite = save_lite(model, output / WEIGHTS, "lungs")
    return seal(output, _card(size, width, source, command, seed), (WEIGHTS, lite))


def fit(
    examples: Sequence[Example],
    empties: Sequence[Example],
    validation: Sequence[Example],
    run: Run,
    *,
    seed: int,
    epochs: int,
    steps: int,
    size: int,
    width: int,
    log: Log,
) -> Any:
    """Fit a fresh network and return it without its optimiser; see `train_lungs`."""
    import keras

    keras.utils.set_random_seed(seed)
    model = build_lungs(size, width)
    pools = _pools(examples)

    def batch(epoch: int, step: int) -> Arrays:
        rng = np.random.default_rng((seed, epoch, step))
        films, targets = zip(*(_draw(pools, empties, size, rng) for _ in range(BATCH)), strict=True)
        return np.stack(films), np.stack(targets)

    return fit_drawn(
        model,
        run,
        batch,
        _plain(validation),
        loss=mask_loss,
        metrics=[dice],
        rate=RATE,
        epochs=epochs,
        steps=steps,
        log=log,
    )


def mask_loss(target: Any, probability: Any) -> Any:
    """Cross-entropy plus soft Dice, both only where the truth is known.

    Args:
        target: (N, S, S, 2): lung 0..1, then 1 where known.
        probability: (N, S, S, 1) in 0..1.

    Returns:
        Loss per film, (N,).
    """
    from keras import ops

    truth, known = target[..., :1], target[..., 1:]
    p = ops.clip(probability, 1e-6, 1 - 1e-6)
    entropy = -(truth * ops.log(p) + (1 - truth) * ops.log(1 - p)) * known
    axes = (1, 2, 3)
    entropy = ops.sum(entropy, axes) / (ops.sum(known, axes) + 1)
    overlap = 2 * ops.sum(truth * p * known, axes)
    both = ops.sum((truth + p) * known, axes)
    smooth = 50.0
    return entropy + 0.5 * (1 - (overlap + smooth) / (both + smooth))


def dice(target: Any, probability: Any) -> Any:
    """Dice of the mask at 0.5 per film, (N,), where the truth is known."""
    from keras import ops

    known = target[..., 1:]
    truth = ops.cast(target[..., :1] > 0.5, "float32") * known
    found = ops.cast(probability > 0.5, "float32") * known
    axes = (1, 2, 3)
    return (2 * ops.sum(truth * found, axes) + 1) / (ops.sum(truth + found, axes) + 1)


def _pools(examples: Sequence[Example]) -> dict[str, list[Example]]:
    pools: dict[str, list[Example]] = {}
    for example in examples:
        pools.setdefault(example.source, []).append(example)
    return pools


def _draw(
    pools: dict[str, list[Example]],
    empties: Sequence[Example],
    size: int,
    rng: np.random.Generator,
) -> Arrays:
    """Return one augmented film (S, S, 1) and its target (S, S, 2)."""
    names = [*pools, "empty"]
    chances = np.array([DRAWN.get(name, 0.2) for name in names])
    name = names[rng.choice(len(names), p=chances / chances.sum())]
    if name == "empty" and (not empties or rng.random() < 0.3):
        film = disturbed(nothing(size, rng), rng)
        lungs, known = np.zeros_like(film), np.ones_like(film)
    else:
        pool = empties if name == "empty" else pools[name]
        example = pool[int(rng.integers(len(pool)))]
        layers = (example.film, example.lungs, 255 - example.known)
        film, lungs, unknown = moved(layers, example.aspect, size, rng)
        film, known = disturbed(film, rng), 1 - unknown
    return film[..., None], np.stack([lungs, known], axis=-1)


def _plain(examples: Sequence[Example]) -> Arrays:
    """Return films and targets unchanged: float32 (N, S, S, 1) and (N, S, S, 2)."""
    films = np.stack([e.film for e in examples])[..., None].astype(np.float32) / 255
    targets = np.stack([np.stack([e.lungs, e.known], axis=-1) for e in examples])
    return films, targets.astype(np.float32) / 255


def _card(size: int, width: int, data: Data, command: str, seed: int) -> Card:
    return Card(
        kind="lungs",
        title="Lung finder",
        input=InputSpec(size),
        width=width,
        threshold=0.5,
        convention="with_retrocardiac",
        seed=seed,
        held_out=HELD_OUT,
        data=data,
        intended_use=INTENDED_USE,
        limits=(
            "Frontal films only; lateral films and films cut to one lung are not covered.",
            "The lung behind the heart and the diaphragm's dome count as lung, as V7 Labs draws "
            "it.",
            "A lung that is white on the whole is drawn from what is around it, if at all.",
        ),
        versions=versions(),
        command=command,
    )
