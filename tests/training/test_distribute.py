import csv
import subprocess
import sys

import pytest

RUN = """
import sys, tensorflow as tf
from pathlib import Path
copies, data, output = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * copies)
from covidweb.training.distribute import data_parallel
from covidweb.training.seed.train import train_seed
with data_parallel() as found:
    assert found == copies
    train_seed(data, output, films=24, epochs=2, size=32, dense=4, log=print)
    assert tf.distribute.get_strategy().num_replicas_in_sync == copies
"""


def train(copies, data, folder, monkeypatch):
    monkeypatch.setenv("COVIDWEB_RUNS", str(folder / f"runs-{copies}"))
    output = folder / f"copies-{copies}"
    command = [sys.executable, "-c", RUN, str(copies), str(data), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    with (output / "history.csv").open() as stream:
        return [float(row["loss"]) for row in csv.DictReader(stream)]


def test_two_copies_learn_what_one_does(small_data, tmp_path, monkeypatch):
    one, two = (train(copies, small_data, tmp_path, monkeypatch) for copies in (1, 2))
    assert len(one) == len(two) == 2
    assert two == pytest.approx(one, rel=5e-3)
    from covidweb.screening import Screener

    assert Screener.load("copies-2", tmp_path).name == "copies-2"
