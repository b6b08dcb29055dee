import csv
import io
import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from covidweb.cli import app


@pytest.fixture
def run(seed_root, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    return lambda *words: CliRunner().invoke(app, ["predict", "--model", "seed", *map(str, words)])


@pytest.fixture
def folder(tmp_path, film_png):
    (tmp_path / "in").mkdir()
    for name in ("b.png", "a.png"):
        (tmp_path / "in" / name).write_bytes(film_png(ord(name[0])))
    (tmp_path / "in" / "c.png").write_text("this is text")
    (tmp_path / "in" / "notes.txt").write_text("left alone")
    return tmp_path / "in"


def records(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_folder_gives_one_record_per_film_in_order(run, folder):
    found = run(folder)
    assert found.exit_code == 0, found.output
    rows = records(found.stdout)
    assert [row["file"].rsplit("/", 1)[1] for row in rows] == ["a.png", "b.png", "c.png"]
    assert [row["status"] == "error" for row in rows] == [False, False, True]
    assert "text" in rows[2]["reason"] or "not" in rows[2]["reason"]


def test_files_keep_their_order_and_a_missing_one_is_an_error(run, folder):
    found = run(folder / "b.png", folder / "gone.png", folder / "a.png")
    assert found.exit_code == 0
    assert [row["status"] for row in records(found.stdout)][1] == "error"


def test_csv_has_the_same_answers(run, folder, tmp_path):
    lines = records(run(folder).stdout)
    out = tmp_path / "out.csv"
    assert run(folder, "--format", "csv", "--output", out).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["status"] for row in rows] == [row["status"] for row in lines]
    assert float(rows[0]["probability"]) == pytest.approx(lines[0]["probability"], abs=1e-6)
    assert not list(tmp_path.glob("*.tmp"))


def test_overlays_and_masks_are_written_in_the_films_size(run, folder, tmp_path):
    assert run(folder, "--overlays", tmp_path / "o", "--lungs", tmp_path / "l").exit_code == 0
    for place in ("o", "l"):
        assert sorted(p.name for p in (tmp_path / place).iterdir()) == ["a.png", "b.png"]
    assert Image.open(tmp_path / "l" / "a.png").size == (256, 256)


def test_wrong_usage_ends_with_2(run, tmp_path):
    assert run().exit_code == 2
    assert run(tmp_path).exit_code == 2


def test_an_unknown_model_is_one_sentence(seed_root, folder, monkeypatch, capsys):
    from covidweb.cli import main

    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    monkeypatch.setattr("sys.argv", ["covidweb", "predict", "--model", "none", str(folder)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert "There is no model 'none'. Available: seed." in capsys.readouterr().err


def test_a_saved_record_is_run_again_and_compared(run, folder, tmp_path, seed_root):
    from covidweb.radiograph import read_radiograph_file
    from covidweb.report import ReportItem, result_record
    from covidweb.screening import Screener

    film = read_radiograph_file(folder / "a.png")
    record = result_record(ReportItem("a.png", film, Screener.load("seed", seed_root).screen(film)))
    saved = tmp_path / "record.json"
    saved.write_text(json.dumps(record))
    same = run(folder / "a.png", "--compare", saved)
    assert same.exit_code == 0, same.output
    assert records(same.stdout)[0]["differences"] == []

    saved.write_text(json.dumps({**record, "probability": record["probability"] + 0.1}))
    other = run(folder / "a.png", "--compare", saved)
    assert other.exit_code == 1
    assert "probability" in records(other.stdout)[0]["differences"][0]

    unknown = run(folder / "b.png", "--compare", saved)
    assert "no record" in records(unknown.stdout)[0]["differences"][0]
