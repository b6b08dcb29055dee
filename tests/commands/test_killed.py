"""A `predict` that the system kills in the middle, and starts again."""

import json
import subprocess
import sys
import time
from pathlib import Path

from typer.testing import CliRunner

from covidweb.cli import app

ROOT = Path(__file__).parents[2]

FILMS = 120
PATIENCE = 240


def test_a_run_killed_by_the_system_goes_on_without_a_gap(
    seed_root, tmp_path, film_png, monkeypatch
):
    folder, out = tmp_path / "in", tmp_path / "out.jsonl"
    folder.mkdir()
    files = [film_png(number, (400, 400)) for number in range(8)]
    for number in range(FILMS):
        (folder / f"{number:03d}.png").write_bytes(files[number % len(files)])
    monkeypatch.setenv("COVIDWEB_MODELS", str(seed_root))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    words = ["predict", str(folder), "--model", "seed", "--output", str(out)]

    part = tmp_path / "out.jsonl.part"
    first = subprocess.Popen([sys.executable, "-m", "covidweb", *words], stderr=subprocess.PIPE)
    end = time.monotonic() + PATIENCE
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < end:
        time.sleep(0.005)
    first.kill()
    first.communicate()
    written = part.read_text().count("\n")
    assert 0 < written < FILMS and not out.exists()

    second = CliRunner().invoke(app, words)
    assert second.exit_code == 0, second.output
    assert f"{written} of {FILMS} films were done before" in second.stderr
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [Path(r["file"]).name for r in records] == [f"{n:03d}.png" for n in range(FILMS)]
    assert not part.exists()
