"""Networks in LiteRT's form, written beside the Keras file that they come from."""

from pathlib import Path
from typing import TYPE_CHECKING

from covidweb.bundle import LITE, Bundle, read_bundle, seal
from covidweb.bundle.card import Kind
from covidweb.errors import ModelError
from covidweb.files import write_bytes
from covidweb.networks.classifier import EIGHT_BITS, evidence_model
from covidweb.networks.eight_bits import in_eight_bits
from covidweb.networks.lite import converted

if TYPE_CHECKING:
    import keras

KINDS: tuple[Kind, ...] = ("classifier", "lungs", "upright")
"""Kinds of bundles that run so; the article's network wants gradients, which LiteRT has not."""


def save_lite(model: "keras.Model", weights: Path, kind: Kind) -> str:
    """Write a network in LiteRT's form and return the file's name.

    The lung finder and the upright check keep their weights in 8 bits: masks and angles need no
    more. A classifier gives everything that a screening needs at once; most of its convolutions
    have 8 bits, and it was trained to lose nothing by that.

    Args:
        model: as it was saved.
        weights: where it was saved; the new file lies beside that one.
        kind: one of `KINDS`.
    """
    path = weights.with_suffix(LITE)
    if kind == "classifier":
        content = in_eight_bits(converted(evidence_model(model)), EIGHT_BITS)
    else:
        content = converted(model, eight_bits=True)
    write_bytes(path, content)
    return path.name


def convert_bundle(name: str, root: Path | None = None) -> Bundle:
    """Write a bundle's network in LiteRT's form and seal the card over it.

    Raises:
        ModelError: no such bundle, weights that are not the card's, or a kind that is not of
            `KINDS`.
    """
    from covidweb.screening.networks import keras_network

    bundle = read_bundle(name, root)
    if bundle.kind not in KINDS:
        raise ModelError(
            f"LiteRT runs bundles of {', '.join(KINDS)}. Received '{name}', a bundle of "
            f"{bundle.kind}."
        )
    main, *others = bundle.card.weights
    found = save_lite(keras_network(bundle), bundle.path / main, bundle.kind)
    return seal(bundle.path, bundle.card, (main, *[o for o in others if o != found], found))
