"""Which films a network learned from, for `films.csv`: the card says how they were chosen."""

import pandas as pd

from covidweb.bundle import Card
from covidweb.dataset import split_manifest, split_pool

LEARNED, CHOSEN_WITH = "learned", "chosen with"
_PARTS = {"train": LEARNED, "validation": CHOSEN_WITH}


def learned_films(card: Card, manifest: pd.DataFrame) -> pd.DataFrame:
    """Return the films that a network saw before its evaluation.

    Args:
        card: of a `seed` or `classifier`.
        manifest: the one that it was trained on, or one that only has more films.

    Returns:
        `image_id` and `part`: `learned` where the film was fitted, `chosen with` where the best
        epoch, the threshold or the calibration was chosen with it.
    """
    if card.kind == "seed":
        from covidweb.training.seed.train import draw

        count, seed = sum(_counts(card)), card.data.drawn_seed or 0
        drawn = draw(manifest, split_pool(manifest), count, seed)
        parts = pd.concat([rows.assign(split=part) for part, rows in drawn.items()])
    else:
        from covidweb.training.classifier.pool import LEARNED_SETS

        split = manifest["image_id"].map(split_manifest(manifest))
        kept = manifest["set"].isin(LEARNED_SETS)
        parts = manifest[kept & ~manifest["source"].isin(card.held_out_sources)].assign(split=split)
    seen = parts[parts["split"].isin(tuple(_PARTS))]
    named = seen.assign(part=seen["split"].map(_PARTS))[["image_id", "part"]]
    return named.sort_values("image_id").reset_index(drop=True)


def _counts(card: Card) -> list[int]:
    return [n for n in card.data.films.values() if isinstance(n, int)]
