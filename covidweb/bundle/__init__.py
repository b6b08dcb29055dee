"""Bundles, `model/<name>/`: card, weights and results, and the model card written from them."""

from covidweb.bundle.store import (
    CARD,
    EVALUATION,
    HISTORY,
    PREDICTIONS,
    WEIGHTS,
    Bundle,
    list_bundles,
    model_root,
    read_bundle,
    seal,
)
from covidweb.files import file_sha256

__all__ = [
    "CARD",
    "EVALUATION",
    "HISTORY",
    "PREDICTIONS",
    "WEIGHTS",
    "Bundle",
    "file_sha256",
    "list_bundles",
    "model_root",
    "read_bundle",
    "seal",
]
