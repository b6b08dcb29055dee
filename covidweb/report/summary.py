"""The first pages of a PDF for several films: one row each, with thumbnail and page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from fpdf import FPDF
from fpdf.enums import WrapMode
from PIL import Image

from covidweb.report.item import ReportItem
from covidweb.report.letters import literal, prose, shortened
from covidweb.report.overlay import overlay
from covidweb.report.phrases import interval, percent, probability
from covidweb.report.sheet import LEFT, WIDE, Sheet
from covidweb.screening.words import HEADLINES, films_words, headline

THUMBNAIL = 160
"""Longest side of a thumbnail in pixels."""

_ROWS_FIRST, _ROWS = 13, 15
_TOP, _HEIGHT, _BOX = 24.0, 15.5, 14.0
_NAME, _OUTCOME, _SCORE, _PAGE = 35.0, 97.0, 141.0, 181.0
_NAME_LETTERS, _REASON_LETTERS = 150, 90


@dataclass(frozen=True, eq=False)
class SummaryRow:
    """A film's row: the item without its film, a small picture where there is one, its page."""

    item: ReportItem
    thumbnail: Image.Image | None
    page: int


def thumbnail(item: ReportItem) -> Image.Image | None:
    """Draw the film with its evidence, small."""
    if item.radiograph is None:
        return None
    return overlay(item.radiograph, item.result, max_side=THUMBNAIL)


def summary_pages(count: int) -> int:
    """Return how many pages `count` rows fill."""
    return 1 + max(0, -(-(count - _ROWS_FIRST) // _ROWS))


def draw_summary(pdf: FPDF, rows: Sequence[SummaryRow]) -> None:
    """Draw the rows on the pages that were left for them."""
    assert isinstance(pdf, Sheet)
    pdf.set_y(_TOP)
    _heading(pdf, rows)
    _titles(pdf)
    for number, row in enumerate(rows):
        if number >= _ROWS_FIRST and (number - _ROWS_FIRST) % _ROWS == 0:
            pdf.add_page()
            pdf.set_y(_TOP)
            _titles(pdf)
        _row(pdf, row)


def _heading(pdf: Sheet, rows: Sequence[SummaryRow]) -> None:
    counts = Counter(headline(row.item.result) for row in rows)
    known = [f"{counts[words]} {words.lower()}" for words in HEADLINES.values() if counts[words]]
    first = rows[0].item.result
    pdf.write_line(films_words(len(rows)), 16, "B")
    pdf.write_line(", ".join(known).replace("covid", "COVID") + ".", 10)
    pdf.write_line(
        f"Model {first.model.name}, threshold {percent(first.threshold)}. The rows are in the "
        "order of the pages that follow.",
        8,
    )
    pdf.ln(2)


def _titles(pdf: Sheet) -> None:
    pdf.set_font("Helvetica", "B", 8)
    for x, title in (
        (_NAME, "File"),
        (_OUTCOME, "Outcome"),
        (_SCORE, "Probability"),
        (_PAGE + 3.5, "Page"),
    ):
        pdf.set_x(x)
        pdf.cell(30, 4, title)
    pdf.ln(5)


def _row(pdf: Sheet, row: SummaryRow) -> None:
    top, result = pdf.get_y(), row.item.result
    pdf.set_draw_color(200)
    pdf.line(LEFT, top - 0.7, LEFT + WIDE, top - 0.7)
    pdf.set_draw_color(0)
    if row.thumbnail is not None:
        _thumbnail(pdf, row, top)
    pdf.set_xy(_NAME, top)
    name = shortened(literal(row.item.name), _NAME_LETTERS)
    pdf.write_box(58, name, 8, wrapmode=WrapMode.CHAR)
    pdf.set_xy(_OUTCOME, top)
    pdf.write_box(42, headline(result), 8, "B")
    if result.status != "ok":
        pdf.write_box(42, prose(shorten(result.reason, _REASON_LETTERS, placeholder=" ...")), 7)
    pdf.set_xy(_SCORE, top)
    pdf.write_box(38, probability(row.item), 8)
    pdf.write_box(38, interval(row.item), 7)
    pdf.set_xy(_PAGE, top)
    pdf.set_font("Helvetica", "", 8)
    pdf.cell(11, 4, str(row.page), align="R", link=pdf.add_link(page=row.page))
    pdf.set_xy(LEFT, top + _HEIGHT)


def _thumbnail(pdf: Sheet, row: SummaryRow, top: float) -> None:
    image = row.thumbnail
    assert image is not None
    scale = _BOX / max(image.size)
    width, height = image.width * scale, image.height * scale
    pdf.picture(image, LEFT + (_BOX - width) / 2, top, width, height, f"Film {row.item.name}")
