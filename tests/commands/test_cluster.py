import json
import os
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from covidweb.bundle import read_bundle
from covidweb.cli import app
from covidweb.commands import cluster
from covidweb.commands.job import Item, Job
from covidweb.errors import ModelError
from covidweb.radiograph import Source

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def two_cores(seed_root):
    """Ray on this machine with two cores; its workers see the tiny bundle."""
    import ray

    before = {name: os.environ.get(name) for name in ("COVIDWEB_MODELS", "PYTHONPATH")}
    os.environ["COVIDWEB_MODELS"] = str(seed_root)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "commands")])
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture
def folder(tmp_path, film_png):
    (tmp_path / "in").mkdir()
    for number in range(9):
        (tmp_path / "in" / f"{number}.png").write_bytes(film_png(number))
    (tmp_path / "in" / "bad.png").write_text("this is text")
    with zipfile.ZipFile(tmp_path / "in" / "more.zip", "w") as archive:
        archive.writestr("deep/a.png", film_png(20))
    return tmp_path / "in"


def run(*words):
    found = CliRunner().invoke(app, ["predict", "--model", "seed", *map(str, words)])
    assert found.exit_code == 0, (found.output, found.exception)
    return [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]


def test_two_workers_give_the_records_of_one_process(two_cores, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "BLOCK", 3)
    local = run(folder, "--overlays", tmp_path / "local")
    found = run(folder, "--overlays", tmp_path / "ray", "--engine", "ray", "--workers", "2")
    assert len(found) == 11
    for ours, theirs in zip(local, found, strict=True):
        assert theirs["probability"] == pytest.approx(ours["probability"], abs=1e-5)
        same = [k for k in ours if k in ("file", "status", "verdict", "reason", "model_sha256")]
        assert {k: ours[k] for k in same} == {k: theirs[k] for k in same}
    names = [sorted(p.name for p in (tmp_path / place).iterdir()) for place in ("local", "ray")]
    assert names[0] == names[1] and len(names[0]) == 10


def test_a_killed_worker_costs_no_film(two_cores, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "BLOCK", 2)
    films = sorted(folder.glob("[0-9].png"))
    read = [film.read_bytes for film in films]
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    from deadly import DeadlyOnce

    read[4] = DeadlyOnce(films[4], tmp_path / "died")
    items = [Item(Source(f.name, r, str(f)), f.stem) for f, r in zip(films, read, strict=True)]
    job = Job("seed", read_bundle("seed").sha256)
    found = list(cluster.records(job, items, workers=1))
    assert (tmp_path / "died").exists()
    assert [record["file"] for record in found] == [str(film) for film in films]
    assert {record["status"] for record in found} <= {"ok", "uncertain"}


def test_films_at_addresses_are_listed_and_read(seed_root, folder, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    found = run(f"file://{folder}")
    assert [record["file"] for record in found][:2] == [f"file://{folder}/{n}.png" for n in (0, 1)]
    assert [record["status"] for record in found].count("error") == 1
    gone = run(f"file://{folder}/gone.png")
    assert gone[0]["status"] == "error" and "cannot be opened" in gone[0]["reason"]


def test_other_weights_are_refused(seed_root, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    with pytest.raises(ModelError, match="other weights"):
        Job("seed", "0" * 64).load()


def test_workers_without_ray_are_wrong_usage(folder):
    found = CliRunner().invoke(app, ["predict", "--workers", "2", str(folder)])
    assert found.exit_code == 2
