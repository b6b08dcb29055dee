"""Convolutions in 8 bits: what enters and what leaves them, too, by ranges that were measured.

A network in LiteRT's form keeps its answers but for a rounding where the weights lie on a grid of
8 bits already (`covidweb.training.classifier.rounded`). Ranges are those of simulated films, so
that no radiograph is needed to convert a network.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr

import numpy as np

from covidweb.bundle.card import InputSpec
from covidweb.networks.standard import standard_input
from covidweb.radiograph import read_radiograph

_FILMS = 16


def in_eight_bits(content: bytes, layers: str) -> bytes:
    """Return a classifier in LiteRT's form with some of its layers in 8 bits.

    Weights are rounded per channel, what goes from layer to layer per tensor (Jacob et al., CVPR
    2018, doi:10.1109/CVPR.2018.00286).

    Args:
        content: from `covidweb.networks.lite.converted`, of a classifier that reads a film and its
            lung mask.
        layers: a regular expression that finds the layers' names.

    Returns:
        The file's content; the same network gives the same bytes.
    """
    from ai_edge_litert.interpreter import Interpreter
    from ai_edge_quantizer.qtyping import TFLOperationName as Operation
    from ai_edge_quantizer.quantizer import Quantizer

    reader = Interpreter(model_content=content)
    ((name, signature),) = reader.get_signature_list().items()
    (given,), (film,) = signature["inputs"], reader.get_input_details()
    work = Quantizer(content)
    for operation in (
        Operation.CONV_2D,
        Operation.DEPTHWISE_CONV_2D,
        Operation.ADD,
        Operation.PAD,
    ):
        work.add_static_config(
            regex=layers, operation_name=operation, activation_num_bits=8, weight_num_bits=8
        )
    seen = [{given: one[None]} for one in _simulated(int(film["shape"][1]))]
    with _quietly():
        ranges = work.calibrate({name: seen}, num_threads=1)
        found = work.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return bytes(found.quantized_model)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep back bars of progress, advice, and that a channel of zeros is divided by its range."""
    with (
        redirect_stderr(io.StringIO()),
        warnings.catch_warnings(action="ignore", category=UserWarning),
        np.errstate(invalid="ignore"),
    ):
        yield


def _simulated(size: int) -> Sequence[np.ndarray]:
    """Return standard inputs float32 (size, size, 2) of simulated films, half with opacities."""
    from covidweb.simulate import sample_film

    spec = InputSpec(size, "lungs", mask_channel=True)
    films = (sample_film(index) for index in range(_FILMS))
    return [
        standard_input(read_radiograph(film.png()), spec, film.lung_mask).array for film in films
    ]
