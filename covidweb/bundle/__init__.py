"""Bundles, `model/<name>/`: card, weights and results, and the model card written from them."""

from covidweb.bundle.card import Card, InputSpec
from covidweb.bundle.evaluation import Evaluation, LungEvaluation, UprightEvaluation
from covidweb.bundle.store import (
    CARD,
    EVALUATION,
    FILMS,
    HISTORY,
    LITE,
    PREDICTIONS,
    WEIGHTS,
    Bundle,
    list_bundles,
    model_root,
    read_bundle,
    seal,
    write_evaluation,
)

__all__ = [
    "CARD",
    "EVALUATION",
    "FILMS",
    "HISTORY",
    "LITE",
    "PREDICTIONS",
    "WEIGHTS",
    "Bundle",
    "Card",
    "Evaluation",
    "InputSpec",
    "LungEvaluation",
    "UprightEvaluation",
    "list_bundles",
    "model_root",
    "read_bundle",
    "seal",
    "write_evaluation",
]
