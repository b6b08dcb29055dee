"""Whether TensorFlow is worth asking for a GPU."""

import pytest

from covidweb.networks import device


@pytest.fixture(autouse=True)
def no_metal(monkeypatch):
    def missing(name):
        raise device.PackageNotFoundError(name)

    monkeypatch.setattr(device, "distribution", missing)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_no_driver_no_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(device, "_GPUS", (str(tmp_path / "nvidia0"),))
    assert not device.may_have_gpu()


@pytest.mark.parametrize(
    ("hidden", "found"), [(None, True), ("0", True), ("", False), ("-1", False)]
)
def test_a_driver_tells_unless_the_gpu_is_hidden(monkeypatch, tmp_path, hidden, found):
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(device, "_GPUS", (str(tmp_path / "other"), str(tmp_path / "nvidia0")))
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert device.may_have_gpu() is found


def test_apples_plugin_tells(monkeypatch):
    monkeypatch.setattr(device, "_GPUS", ())
    monkeypatch.setattr(device, "distribution", lambda name: name)
    assert device.may_have_gpu()
