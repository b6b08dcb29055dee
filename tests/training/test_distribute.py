import csv
import subprocess
import sys

import pytest

from covidweb.screening import Screener
from covidweb.training.distribute import data_parallel
from covidweb.training.seed.train import train_seed

OPTIONS = {"films": 24, "epochs": 2, "size": 32, "dense": 4}

TWO = f"""
import sys, tensorflow as tf
from pathlib import Path
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from covidweb.training.distribute import data_parallel
from covidweb.training.seed.train import train_seed
with data_parallel() as found:
    assert found == 2
    train_seed(Path(sys.argv[1]), Path(sys.argv[2]), log=print, **{OPTIONS})
    assert tf.distribute.get_strategy().num_replicas_in_sync == 2
"""


def losses(bundle):
    with (bundle / "history.csv").open() as stream:
        return [float(row["loss"]) for row in csv.DictReader(stream)]


def test_two_copies_learn_what_one_does(small_data, tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    with data_parallel() as found:
        assert found == 1
        train_seed(small_data, one, log=print, **OPTIONS)
    monkeypatch.setenv("COVIDWEB_RUNS", str(tmp_path / "runs-of-two"))
    # A process has its devices for good.
    command = [sys.executable, "-c", TWO, str(small_data), str(two)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(losses(one)) == 2
    assert losses(two) == pytest.approx(losses(one), rel=5e-3)
    assert Screener.load("two", tmp_path).name == "two"
