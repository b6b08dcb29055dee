"""The PDF: every page says what it must, and lays out films and names of any shape."""

import io
import re
from datetime import date

import pytest
from pypdf import PdfReader

from covidweb import __version__
from covidweb.report import report_pdf
from covidweb.report.letters import literal, prose, shortened
from covidweb.report.phrases import percent
from covidweb.report.summary import summary_pages

DAY = date(2026, 3, 4)


def _pages(items):
    return PdfReader(io.BytesIO(report_pdf(items, DAY))).pages


def _text(page):
    return " ".join(page.extract_text().split())


def _joined(page):
    return re.sub(r"\s", "", page.extract_text())


def test_a_film_page_says_everything(make_item):
    (page,) = _pages([make_item("folder/secret/film one.png", interval=(0.7, 0.91))])
    text = _text(page)
    for part in (
        "film one.png",
        "Suspicious for COVID-19",
        "83.1 % (95 % interval 70.0 % to 91.0 %)",
        "at or above the threshold of 42.0 %",
        "Evidence mostly in the right lower and right middle zones.",
        "evidence, not severity",
        "Lower 40.0 % 15.0 %",
        "75.0 % lies inside the lungs: 2.50 times",
        "Passed: The picture is grey.",
        f"Model: default, sha256 {'ab' * 32}",
        f"sha256 {'00' * 32}",
        "160 x 200 pixels, view PA",
        "not a medical device",
        f"covidweb {__version__}",
        "2026-03-04",
        "Page 1 of 1",
    ):
        assert part in text, part
    assert "secret" not in text and "folder" not in text
    assert len(page.images) == 3


def test_the_report_says_where_the_answer_holds(make_item):
    said = ("The interval covers this.", "At hospitals it never saw, it finds 80 of 100.")
    (page,) = _pages([make_item(interval=(0.7, 0.91), conditions=said)])
    assert all(sentence in _text(page) for sentence in said)


def test_nothing_of_a_path_is_anywhere_in_the_file(make_item):
    data = report_pdf([make_item("C:\\Users\\jane\\film.png")], DAY)
    assert b"jane" not in data and b"Users" not in data


@pytest.mark.parametrize(
    ("status", "words", "pictures"),
    [("not_assessed", "Not assessed", 1), ("error", "Could not be read", 0)],
)
def test_a_film_without_an_answer_gets_its_reason_and_no_probability(
    make_item, status, words, pictures
):
    (page,) = _pages([make_item("a.png", status)])
    text = _text(page)
    assert words in text and f"This one is {status}." in text and "No probability" in text
    assert "threshold" not in text and "severity" not in text
    assert "FAILED: This is a colour picture." in text
    assert len(page.images) == pictures


def test_an_uncertain_film_is_not_sure(make_item):
    (page,) = _pages([make_item("a.png", "uncertain", reason="In the band.")])
    assert "Not sure" in _text(page) and "In the band." in _text(page)
    assert "Suspicious" not in _text(page)


def test_a_film_that_was_read_again_says_so(make_item):
    (page,) = _pages([make_item("a.png", readings=(0.31, 0.52))])
    assert "31 % to 52 %" in _text(page)
    (page,) = _pages([make_item("a.png")])
    assert "mirrored" not in _text(page)


def test_no_films_make_one_page_that_says_so():
    (page,) = _pages([])
    assert "No films." in _text(page)


@pytest.mark.parametrize("count", [2, 13, 14, 28, 29])
def test_the_summary_counts_and_leads_to_the_pages(make_item, count):
    items = [make_item(f"name{i:02d}.png", "error" if i % 3 else "ok") for i in range(count)]
    pages = _pages(items)
    before = summary_pages(count)
    assert len(pages) == before + count
    first = _text(pages[0])
    good = len(range(0, count, 3))
    assert f"{count} films" in first
    assert f"{good} suspicious for COVID-19, {count - good} could not be read." in first
    listed = " ".join(_text(page) for page in pages[:before])
    for number in range(count):
        assert f"name{number:02d}.png" in listed
        assert f"name{number:02d}.png" in _text(pages[before + number])
        assert f"Page {before + number + 1} of {before + count}" in _text(pages[before + number])


def test_the_summary_has_thumbnails_of_films_only(make_item):
    items = [make_item("a.png", seed=1), make_item("b.png", seed=2), make_item("c.png", "error")]
    pages = _pages(items)
    assert len(pages[0].images) == 2
    assert re.search(r"a\.png Suspicious for COVID-19 83\.1 % 2", _text(pages[0]))


def test_names_of_any_script_are_told_apart(make_item):
    names = ["снимок.png", "снімок.png", "café.png", "cafe\u0301.png", "a\u2019b.png", "a'b.png"]
    shown = [_joined(_pages([make_item(name)])[0]) for name in names]
    escaped = [re.sub(r"\s", "", literal(name)) for name in names]
    assert len(set(escaped)) == len(names)
    assert all(name in text for name, text in zip(escaped, shown, strict=True))
    assert escaped[0] == r"\u0441\u043d\u0438\u043c\u043e\u043a.png"
    assert "café.png" in shown[2] and "Unicodenumber" in shown[0] and "Unicode" not in shown[2]


def test_long_names_are_wrapped_in_full(make_item):
    name = "".join(chr(97 + i * i % 26) for i in range(240)) + ".png"
    (page,) = _pages([make_item(name)])
    assert name in _joined(page)


@pytest.mark.parametrize("name", ["{nb}.png", "**bold**__x__.png", "(a)\\(b.png", "100 %.png"])
def test_names_are_never_read_as_markup(make_item, name):
    (page,) = _pages([make_item(name)])
    assert name.rsplit("\\")[-1] in _text(page)


@pytest.mark.parametrize("size", [(64, 400), (400, 64), (200, 200)])
def test_films_of_any_shape_stay_on_the_page(make_item, size):
    (page,) = _pages([make_item(size=size)])
    placed = re.findall(
        rb"([\d.-]+) 0 0 ([\d.-]+) ([\d.-]+) ([\d.-]+) cm", page.get_contents().get_data()
    )
    assert len(placed) == 3
    for width, height, x, y in (map(float, place) for place in placed):
        assert x >= 50 and x + width <= 595 - 50 and y >= 50 and y + height <= 842 - 60
    (width, height) = (float(v) for v in placed[0][:2])
    assert width / height == pytest.approx(size[1] / size[0], rel=0.01)


def test_a_faint_map_and_a_strong_one_have_the_same_colour_bar(make_item):
    strong = make_item()
    faint = make_item(heatmap=strong.result.heatmap * 0.01)
    for item in (strong, faint):
        text = _text(_pages([item])[0])
        assert "none" in text and "strong" in text and "logit" not in text


def test_each_item_is_asked_for_once(make_item):
    asked = []

    class Lazy(list):
        def __iter__(self):
            for number in range(3):
                asked.append(number)
                yield make_item(seed=number)

    report_pdf(Lazy([0, 0, 0]), DAY)
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "-"), (0.0, "0.0 %"), (0.0004, "under 0.1 %"), (0.9999, "over 99.9 %"), (1, "100.0 %")],
)
def test_percentages_are_never_rounded_to_certainty(share, text):
    assert percent(share) == text


def test_sentences_keep_their_marks():
    assert prose("a – b ≥ 3… “c”") == 'a - b >= 3... "c"'
    assert prose("\U0001f600\t") == r"\U0001f600\u0009"


def test_shortened_keeps_both_ends():
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcd...ijk"
