"""A folder is replaced whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from covidweb.errors import DataError
from covidweb.files import replacing_folder

SIGN = "card.json"
KILLED = """
import os, signal, sys
from pathlib import Path
from covidweb.files import replacing_folder
with replacing_folder(Path(sys.argv[1]), "card.json") as folder:
    (folder / "weights").write_text("half of the new o")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "model" / "default"
    folder.mkdir(parents=True)
    for name in (SIGN, "weights", "evaluation.json"):
        (folder / name).write_text(f"old {name}")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_new_folder_takes_the_place_of_all_that_was_there(old: Path) -> None:
    before = contents(old)
    with replacing_folder(old, SIGN) as folder:
        assert folder.name == "default" and list(folder.iterdir()) == []
        (folder / SIGN).write_text("new")
        assert contents(old) == before
    assert contents(old) == {SIGN: "new"}
    assert [path.name for path in old.parent.iterdir()] == ["default"]


def test_a_failure_leaves_the_old_folder_and_nothing_beside_it(old: Path) -> None:
    before = contents(old)
    with pytest.raises(OSError, match="No space"), replacing_folder(old, SIGN) as folder:
        (folder / "weights").write_text("half")
        raise OSError(28, "No space left on device")
    assert contents(old) == before
    assert [path.name for path in old.parent.iterdir()] == ["default"]


def test_a_killed_process_leaves_the_old_folder_whole(old: Path) -> None:
    before = contents(old)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(old)], check=False)
    assert ended.returncode == -9
    assert contents(old) == before


def test_a_new_folder_is_made_where_none_was(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "model" / "new", SIGN) as folder:
        (folder / SIGN).write_text("new")
    assert contents(tmp_path / "model" / "new") == {SIGN: "new"}


def test_a_folder_of_other_things_is_not_replaced(old: Path) -> None:
    block = replacing_folder(old.parent, SIGN)
    with pytest.raises(DataError, match="'model' would be replaced"), block:
        pass
    assert len(contents(old)) == 3
