"""A network in the form that LiteRT runs (TensorFlow Lite before): on a CPU, without TensorFlow.

LiteRT is imported in a sixth of a second and has its networks ready in a fiftieth, where TensorFlow
takes seconds; one film then takes a fifth less time. Its convolutions are XNNPACK's.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from covidweb.errors import ModelError
from covidweb.networks.lanes import side_by_side

if TYPE_CHECKING:
    import keras

_ONLY = "output_0"
"""What the converter calls the output of a network with a single one."""

_SPEAKING, _SPOKEN = threading.Lock(), threading.Event()


def converted(model: "keras.Model", eight_bits: bool = False) -> bytes:
    """Return a network in LiteRT's form; TensorFlow is needed for that, and for that only.

    Args:
        model: with one input and channels last; its outputs are an array or a dict of arrays.
        eight_bits: keep the convolutions' weights in 8 bits, and round what comes in to 8 bits as
            it comes: two and a half times as fast, and exact to about a hundredth.

    Returns:
        The file's content; the same network gives the same bytes.
    """
    import tensorflow as tf

    film = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="film")
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False, input_signature=[film])
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if eight_bits:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def lite(content: bytes) -> Callable[[np.ndarray], Any]:
    """Return a function that runs a network in LiteRT's form, one film at a time on each core.

    Args:
        content: from `converted`.

    Returns:
        A function from float32 (N, ...) to what the network gives, as float32 arrays (N, ...); it
        may be called from any thread.

    Raises:
        ModelError: LiteRT cannot read the content.
    """
    free = [_opened(content)]

    def call(batch: np.ndarray) -> Any:
        # An interpreter has one film in work: every thread that runs takes one of its own.
        try:
            one = free.pop()
        except IndexError:
            one = _opened(content)
        try:
            return one(batch)
        finally:
            free.append(one)

    return side_by_side(call, None, on_host=True)


@dataclass(frozen=True, eq=False)
class _Interpreter:
    """LiteRT's interpreter with the numbers of its tensors."""

    interpreter: Any
    film: int
    outputs: dict[str, int]

    def __call__(self, batch: np.ndarray) -> Any:
        answers = [self._one(film) for film in np.ascontiguousarray(batch, np.float32)]
        found = {name: np.stack([answer[name] for answer in answers]) for name in self.outputs}
        return found[_ONLY] if set(found) == {_ONLY} else found

    def _one(self, film: np.ndarray) -> dict[str, np.ndarray]:
        self.interpreter.set_tensor(self.film, film[None])
        self.interpreter.invoke()
        return {name: self.interpreter.get_tensor(i)[0] for name, i in self.outputs.items()}


def _opened(content: bytes) -> _Interpreter:
    from ai_edge_litert.interpreter import Interpreter

    try:
        with _first_words_unsaid():
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
            signature = interpreter.get_signature_runner()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"LiteRT cannot read this network: {error}") from error
    (film,) = signature.get_input_details().values()
    outputs = signature.get_output_details()
    return _Interpreter(
        interpreter, film["index"], {name: of["index"] for name, of in outputs.items()}
    )


@contextmanager
def _first_words_unsaid() -> Iterator[None]:
    """Keep from the error stream what the library writes there when its first network is made."""
    with _SPEAKING:
        if _SPOKEN.is_set():
            yield
            return
        _SPOKEN.set()
        errors = os.dup(2)
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
                yield
        finally:
            os.dup2(errors, 2)
            os.close(errors)
