"""A PDF report: one page per film, and a summary first where there are several."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from covidweb import __version__
from covidweb.report.item import ReportItem
from covidweb.report.overlay import colour_ramp, film_image, overlay, scale_labels
from covidweb.report.phrases import meaning, percent
from covidweb.report.sheet import LEFT, WIDE, Sheet
from covidweb.report.summary import SummaryRow, draw_summary, summary_pages, thumbnail
from covidweb.screening.placement import lay
from covidweb.screening.result import ZONES
from covidweb.screening.words import evidence_sentence, headline, readings_sentence

_SIDE = 75.0
"""Largest width and height of a picture, in millimetres."""
_PIXELS = 900
_GAP = 4.0


def report_pdf(items: Sequence[ReportItem], day: date | None = None) -> bytes:
    """Return the report as the bytes of an A4 PDF.

    Each item is asked for once, so films may be read as they are needed.

    Args:
        items: the films in page order; without any, one page says so.
        day: the date printed; today by default.
    """
    pdf = Sheet(day or date.today(), "covidweb screening report")
    pdf.add_page()
    if len(items) == 0:
        pdf.write_line("No films.", 16, "B")
    rows: list[SummaryRow] = []
    several = len(items) > 1
    if several:
        pages = summary_pages(len(items))
        pdf.insert_toc_placeholder(
            lambda document, _: draw_summary(document, rows), pages, reset_page_indices=False
        )
    for number, item in enumerate(items):
        if number:
            pdf.add_page()
        if several:
            rows.append(SummaryRow(replace(item, radiograph=None), thumbnail(item), pdf.page_no()))
        _film_page(pdf, item)
    return bytes(pdf.output())


def _film_page(pdf: Sheet, item: ReportItem) -> None:
    pdf.write_name(item.name)
    pdf.ln(1.5)
    pdf.write_line(headline(item.result), 16, "B")
    pdf.ln(0.5)
    pdf.write_line(meaning(item), 10)
    for text, style in ((item.result.reason, "I"), (evidence_sentence(item.result), "")):
        if text:
            pdf.write_line(text, 10, style)
    if said := readings_sentence(item.result):
        pdf.write_line(said, 9)
    for text in item.conditions if item.result.probability is not None else ():
        pdf.write_line(text, 9)
    pdf.ln(2)
    _pictures(pdf, item)
    _zones(pdf, item)
    _findings(pdf, item)
    _provenance(pdf, item)


def _pictures(pdf: Sheet, item: ReportItem) -> None:
    """Draw the film, and beside it the evidence where there is any."""
    if item.radiograph is None:
        return
    film = film_image(lay(item.radiograph, item.result.placement), max_side=_PIXELS)
    scale = _SIDE / max(film.size)
    width, height, top = film.width * scale, film.height * scale, pdf.get_y() + 4
    pdf.picture(film, LEFT, top, width, height, f"Chest film {item.name}")
    caption = "The film as it was read."
    if item.result.heatmap is not None:
        drawn = overlay(item.radiograph, item.result, outline=True, zones=True, max_side=_PIXELS)
        alt = f"The same film with the model's evidence. {evidence_sentence(item.result)}"
        right = LEFT + width + _GAP
        pdf.picture(drawn, right, top, width, height, alt)
        for x in (LEFT, right):
            _sides(pdf, x, top, width)
        _bar(pdf, right + width + 2, top, min(height, 50.0))
        caption = (
            "Left: the film. Right: with the model's evidence on an absolute scale, the "
            "lungs' outline and their zones. R and L are the patient's right and left."
        )
    pdf.set_xy(LEFT, top + height + 1)
    pdf.write_line(caption, 8)
    pdf.ln(2)


def _sides(pdf: Sheet, x: float, y: float, width: float) -> None:
    pdf.set_font("Helvetica", "B", 9)
    pdf.text(x, y - 1, "R")
    pdf.text(x + width - pdf.get_string_width("L"), y - 1, "L")


def _bar(pdf: Sheet, x: float, y: float, height: float) -> None:
    pdf.picture(colour_ramp(), x, y, 4, height, "Colour bar of the evidence")
    pdf.set_font("Helvetica", "", 7)
    labels = scale_labels()
    for share, text in labels if height > 10 else (labels[0], labels[-1]):
        at = y + (1 - share) * height
        pdf.line(x + 4, at, x + 4.8, at)
        pdf.text(x + 5.3, min(max(at + 0.9, y + 1.8), y + height), text)


def _zones(pdf: Sheet, item: ReportItem) -> None:
    regions = item.result.regions
    if not regions:
        return
    pdf.write_line("Share of the evidence by lung zone (evidence, not severity)", 10, "B")
    pdf.ln(0.5)
    levels = ("Upper", "Middle", "Lower")
    _table_row(pdf, ("Zone", "Patient's right", "Patient's left"), "B")
    for level, right, left in zip(levels, ZONES[:3], ZONES[3:], strict=True):
        _table_row(pdf, (level, percent(regions.get(right)), percent(regions.get(left))))
    share, ratio = item.result.lung_share, item.result.lung_ratio
    if share is not None and ratio is not None:
        pdf.ln(1)
        pdf.write_line(
            f"Of all the evidence, {percent(share)} lies inside the lungs: {ratio:.2f} times what "
            "evidence spread evenly would give."
        )
    pdf.ln(2)


def _table_row(pdf: Sheet, cells: tuple[str, str, str], style: str = "") -> None:
    pdf.set_font("Helvetica", style, 9)
    for text in cells:
        pdf.cell(36, 5, text, border="B")
    pdf.ln(5)


def _findings(pdf: Sheet, item: ReportItem) -> None:
    if not item.result.quality:
        return
    pdf.write_line("Checks of the film", 10, "B")
    pdf.ln(0.5)
    for finding in item.result.quality:
        mark = "Passed" if finding.passed else "FAILED"
        pdf.write_line(f"{mark}: {finding.message}", 9, "" if finding.passed else "B")
    pdf.ln(2)


def _provenance(pdf: Sheet, item: ReportItem) -> None:
    model, film = item.result.model, item.radiograph
    pdf.line(LEFT, pdf.get_y(), LEFT + WIDE, pdf.get_y())
    pdf.ln(1)
    if film is not None:
        size = f"{film.original_size[0]:,} x {film.original_size[1]:,} pixels"
        view = f", view {film.view}" if film.view else ""
        pdf.write_line(f"Film: {film.format}, {size}{view}, sha256 {film.sha256}", 7.5)
    pdf.write_line(
        f"Model: {model.name}, sha256 {model.sha256}, run by covidweb {__version__}", 7.5
    )
    if any(not " " <= letter <= "\xff" for letter in item.name):
        pdf.write_line(
            "In the file's name, letters outside Latin-1 are written by their Unicode number "
            "after a backslash.",
            7.5,
        )
