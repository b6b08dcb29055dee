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
    with Image.open(tmp_path / "l" / "a.png") as mask:
        assert mask.size == (256, 256)


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


def test_archives_and_files_without_extension_are_found_and_the_rest_is_named(
    run, tmp_path, film_png
):
    import zipfile

    folder = tmp_path / "disc"
    folder.mkdir()
    (folder / "IM0001").write_bytes(film_png(0))
    (folder / "README").write_text("a disc")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("deep/IM0002", film_png(1))
    found = run(folder)
    assert found.exit_code == 0, found.output
    names = [row["file"] for row in records(found.stdout)]
    assert names == [str(folder / "IM0001"), str(folder / "more.zip") + "/deep/IM0002"]
    assert "1 file is no film and was left out: README (plain text)." in found.stderr


def test_names_that_are_no_utf8_too_long_or_the_same_never_end_a_run(run, tmp_path, film_png):
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    odd = folder / b"f\xfclm.png".decode("utf-8", "surrogateescape")
    for path in (odd, folder / ("x" * 255), folder / "same.png", folder / "b" / "same.png"):
        path.write_bytes(film_png(0))
    for form in ("csv", "jsonl"):
        out = tmp_path / f"out.{form}"
        found = run(folder, "--format", form, "--output", out, "--overlays", tmp_path / "o")
        assert found.exit_code == 0, found.output
        assert out.read_text(encoding="utf-8").count("x" * 255) == 1
    assert len(list((tmp_path / "o").iterdir())) == 4


def test_a_formula_in_a_file_name_is_not_run_by_a_spreadsheet(run, tmp_path, film_png, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "=HYPERLINK(1).png").write_bytes(film_png(0))
    found = run("=HYPERLINK(1).png", "--format", "csv")
    assert found.stdout.splitlines()[1].startswith("'=HYPERLINK(1).png,")


@pytest.mark.parametrize("option", ["--output", "--overlays"])
def test_a_place_that_cannot_be_written_is_a_sentence_before_the_models_load(
    run, folder, tmp_path, monkeypatch, option
):
    from covidweb.errors import DataError
    from covidweb.screening.screener import Screener

    monkeypatch.setattr(Screener, "load", None)
    (tmp_path / "file").write_text("in the way")
    found = run(folder, option, tmp_path / "file" / "out")
    assert isinstance(found.exception, DataError)
    assert str(found.exception).endswith(f"Received: {tmp_path / 'file' / 'out'}")


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_killed_run_goes_on_without_repeating_a_film(run, folder, tmp_path, monkeypatch, form):
    from covidweb.screening.screener import Screener

    out, whole = tmp_path / "out", tmp_path / "whole"
    words = ("--format", form, "--output")
    assert run(folder, *words, whole).exit_code == 0
    lines = whole.read_text().splitlines(keepends=True)
    keep = lines[: 2 if form == "csv" else 1]
    # The last line was being written when the run was killed.
    (tmp_path / "out.part").write_text("".join(keep) + lines[-1][:20])
    screened = []
    real = Screener.screen_many
    monkeypatch.setattr(
        Screener, "screen_many", lambda self, films: screened.extend(films) or real(self, films)
    )
    found = run(folder, *words, out)
    assert found.exit_code == 0, found.output
    assert "1 of 3 films were done before" in found.stderr and len(screened) == 1
    assert out.read_text().startswith("".join(keep))
    finished = out.read_text().splitlines(keepends=True)
    assert [line[:40] for line in finished] == [line[:40] for line in lines]
    assert not (tmp_path / "out.part").exists()


@pytest.mark.parametrize("fault", ["other files", "other weights", "no overlay", "other columns"])
def test_what_another_run_left_is_not_gone_on_with(run, folder, tmp_path, fault):
    out, overlays = tmp_path / "out", tmp_path / "o"
    assert run(folder, "--output", out).exit_code == 0
    text = out.read_text()
    if fault == "other files":
        text = text.replace("a.png", "other.png")
    if fault == "other weights":
        text = text.replace('"model_sha256": "', '"model_sha256": "0')
    if fault == "other columns":
        text = "file,status\n" + text
    (tmp_path / "again.part").write_text(text)
    extra = ("--overlays", overlays) if fault == "no overlay" else ()
    found = run(folder, "--output", tmp_path / "again", *extra)
    assert found.exit_code == 0 and "were done before" not in found.stderr
    assert len((tmp_path / "again").read_text().splitlines()) == 3
