import pytest
from typer.testing import CliRunner

from covidweb.commands.data import app
from covidweb.dataset import load_manifest

run = CliRunner().invoke


def test_stats_prints_the_facts(small_data):
    done = run(app, ["stats", "--root", str(small_data)])
    assert done.exit_code == 0
    for words in ("62 films", "Films by split", "held_out", "hannover", "different hospitals"):
        assert words in done.stdout


def test_verify_fails_and_names_the_film(small_data):
    file = load_manifest(small_data)["file"][0]
    (small_data / file).unlink()
    done = run(app, ["verify", "--data", str(small_data)])
    assert done.exit_code == 1
    assert "are not there: 1" in done.stdout and file in done.stdout


def test_import_warns(tmp_path, film_png):
    place = tmp_path / "mine" / "covid"
    place.mkdir(parents=True)
    (place / "a.png").write_bytes(film_png(1))
    done = run(app, ["import", str(tmp_path / "mine"), "--root", str(tmp_path / "data")])
    assert done.exit_code == 0 and "1 films taken" in done.stdout
    assert "Warning: The names of 1 films" in done.stderr


def test_download_reports_faults(tmp_path, monkeypatch):
    from covidweb.dataset.fetch import Fetcher, LostConnection

    def lost(self, address, sha256):
        raise LostConnection("The connection failed in 1 tries: it is a test.")

    monkeypatch.setattr(Fetcher, "fetch", lost)
    words = ["download", "--root", str(tmp_path), "--sets", "external_figure1", "--limit", "3"]
    done = run(app, words)
    assert done.exit_code == 1
    assert "0 films fetched, 0 already there, 3 faults" in done.stdout
    assert "it is a test" in done.stderr


@pytest.mark.parametrize("name", ["download", "import", "verify", "stats", "simulate"])
def test_help(name):
    assert run(app, [name, "--help"]).exit_code == 0
