"""Names from anywhere: printable, short enough, unique."""

import time

import pytest

from covidweb.radiograph import Stems, base_name
from covidweb.radiograph.names import printable


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("C:\\Users\\someone\\film.png", "film.png"),
        ("../../film.png", "film.png"),
        ("a\x00b\n.png", "ab.png"),
        ("", "unnamed"),
        ("..", ".."),
        (b"f\xfclm.png".decode("utf-8", "surrogateescape"), "f�lm.png"),
    ],
)
def test_only_base_names_are_kept(name, base):
    assert base_name(name) == base


def test_a_very_long_name_keeps_its_ending():
    short = base_name("x" * 300 + ".png")
    assert len(short) == 200 and short.endswith("xxxx.png") and "…" in short


def test_names_that_are_no_utf8_can_be_written():
    assert (
        printable(b"a/\xff\xfe.png".decode("utf-8", "surrogateescape")).encode()
        == "a/��.png".encode()
    )


def test_each_stem_is_handed_out_once():
    stem = Stems()
    names = ["a/film.png", "Film.jpg", "film-2.png", "film.dcm", "..", "con.png", "a:b.png"]
    assert [stem(name) for name in names] == [
        "film", "Film-2", "film-2-2", "film-3", "film-4", "_con", "a_b",
    ]  # fmt: skip


def test_stems_fit_every_file_system():
    stem = Stems()
    for name in ("ü" * 255 + ".png", "x" * 255, b"\xff".decode("utf-8", "surrogateescape")):
        assert len(f"{stem(name)}.png".encode()) <= 255


def test_many_files_of_one_name_take_no_time_squared():
    stem, start = Stems(), time.process_time()
    assert len({stem("IM0001.dcm") for _ in range(30_000)}) == 30_000
    assert time.process_time() - start < 3
