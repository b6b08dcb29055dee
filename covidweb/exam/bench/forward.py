"""The network alone, without its map: what an answer is compared with."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.networks.classifier import EIGHT_BITS
from covidweb.networks.compiled import compiled
from covidweb.networks.eight_bits import in_eight_bits
from covidweb.networks.lite import converted, lite

if TYPE_CHECKING:
    from covidweb.screening import Screener


def forward(screener: "Screener") -> Callable[[np.ndarray], Any]:
    """Return a bundle's softmax network as it was saved, run by what the Screener runs on."""
    if screener.device == "CPU" and screener.bundle.lite():
        return lite(in_eight_bits(converted(screener.network), EIGHT_BITS))
    return compiled(screener.network)
