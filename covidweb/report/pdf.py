"""A PDF report: one page per film, and a summary first for a batch."""

from collections.abc import Sequence
from datetime import date

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from covidweb import __version__
from covidweb.report.item import DISCLAIMER, ReportItem
from covidweb.report.overlay import colour_bar, film_image, overlay
from covidweb.screening.result import ZONES, Status

VERDICTS = {"covid": "COVID-19 suspected", "normal": "No sign of COVID-19 found"}
STATUSES: dict[Status, str] = {
    "ok": "Assessed",
    "uncertain": "Uncertain",
    "not_assessed": "Not assessed",
    "error": "Not readable",
}
_WIDE = 174.0


def report_pdf(items: Sequence[ReportItem], day: date | None = None) -> bytes:
    """Return the report as PDF bytes.

    Args:
        items: the films in page order.
        day: the date printed; today by default.
    """
    pdf = _Report(day or date.today())
    if len(items) != 1:
        _summary(pdf, items)
    for item in items:
        _film_page(pdf, item)
    return bytes(pdf.output())


class _Report(FPDF):
    def __init__(self, day: date) -> None:
        super().__init__()
        self.day = day
        self.set_margins(18, 15)
        self.set_auto_page_break(True, 20)

    def header(self) -> None:
        self.set_font("Helvetica", "B", 9)
        self.cell(0, 5, "covidweb - chest radiograph screening report")
        self.set_font("Helvetica", "", 9)
        self.cell(0, 5, self.day.isoformat(), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.line(18, 21, 192, 21)
        self.ln(4)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 5, f"{DISCLAIMER} covidweb {__version__}")
        self.cell(0, 5, f"Page {self.page_no()}", align="R")

    def text_line(self, text: str, size: int = 9, style: str = "") -> None:
        self.set_font("Helvetica", style, size)
        self.multi_cell(0, size * 0.5, _safe(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _summary(pdf: _Report, items: Sequence[ReportItem]) -> None:
    pdf.add_page()
    pdf.text_line(f"{len(items)} films", 16, "B")
    pdf.ln(3)
    rows = [("File", "Outcome", "Probability", "Page")]
    rows += [(_short(i.name, 60), outcome(i), _probability(i), "") for i in items]
    pdf.set_font("Helvetica", "", 8)
    with pdf.table(col_widths=(84, 50, 40), line_height=5, text_align="LEFT") as table:
        for row in rows:
            table.row([_safe(cell) for cell in row[:3]])


def _film_page(pdf: _Report, item: ReportItem) -> None:
    pdf.add_page()
    pdf.text_line(_short(item.name, 90), 12, "B")
    pdf.ln(1)
    pdf.text_line(outcome(item), 16, "B")
    pdf.text_line(_meaning(item), 10)
    if item.result.reason:
        pdf.text_line(item.result.reason, 9, "I")
    pdf.ln(2)
    _pictures(pdf, item)
    _zones(pdf, item)
    _findings(pdf, item)
    _provenance(pdf, item)


def _pictures(pdf: _Report, item: ReportItem) -> None:
    if item.radiograph is None:
        return
    film = film_image(item.radiograph)
    side = min(78.0, 80.0 * film.width / film.height)
    high, top = side * film.height / film.width, pdf.get_y()
    pdf.image(film, x=18, y=top, w=side, h=high)
    pdf.image(overlay(item.radiograph, item.result, outline=True), x=98, y=top, w=side, h=high)
    if item.result.heatmap is not None:
        bar = colour_bar(item.result.heatmap_scale)
        pdf.image(bar, x=98 + side + 1, y=top, h=min(50.0, high))
    pdf.set_y(top + high + 1)
    pdf.text_line(
        "Left: the film. Right: with the model's evidence on an absolute scale (logit units) and "
        "the lungs' outline. The patient's right is on the picture's left.",
        8,
    )
    pdf.ln(2)


def _zones(pdf: _Report, item: ReportItem) -> None:
    regions = item.result.regions
    if not regions:
        return
    pdf.text_line("Share of the evidence by lung zone (evidence, not severity)", 10, "B")
    pdf.set_font("Helvetica", "", 9)
    with pdf.table(col_widths=(40, 40, 40), width=120, align="LEFT", line_height=5) as table:
        table.row(["Zone", "Patient's right", "Patient's left"])
        for level, right, left in zip(
            ("Upper", "Middle", "Lower"), ZONES[:3], ZONES[3:], strict=True
        ):
            table.row([level, _percent(regions.get(right)), _percent(regions.get(left))])
    share, ratio = item.result.lung_share, item.result.lung_ratio
    if share is not None and ratio is not None:
        pdf.text_line(f"Inside the lungs: {_percent(share)} of it, {ratio:.2f} times chance.", 9)
    pdf.ln(2)


def _findings(pdf: _Report, item: ReportItem) -> None:
    if item.result.quality:
        pdf.text_line("Checks of the film", 10, "B")
    for finding in item.result.quality:
        pdf.text_line(f"{'Passed' if finding.passed else 'FAILED'}: {finding.message}", 9)
    pdf.ln(2)


def _provenance(pdf: _Report, item: ReportItem) -> None:
    model = item.result.model
    pdf.text_line(f"Model {model.name}, sha256 {model.sha256}", 8)
    if item.radiograph is not None:
        pdf.text_line(f"Film sha256 {item.radiograph.sha256}", 8)


def outcome(item: ReportItem) -> str:
    """Return the verdict in words; never a verdict without an assessment."""
    result = item.result
    if result.status == "ok" and result.verdict is not None:
        return VERDICTS[result.verdict]
    return STATUSES[result.status]


def _meaning(item: ReportItem) -> str:
    if item.result.probability is None:
        return "No probability is given."
    side = "at or above" if item.result.probability >= item.result.threshold else "below"
    threshold = _percent(item.result.threshold)
    return f"Probability of COVID-19: {_probability(item)}, {side} the threshold of {threshold}."


def _probability(item: ReportItem) -> str:
    if item.result.probability is None:
        return "-"
    text = _percent(item.result.probability)
    if item.interval is not None:
        text += f" ({_percent(item.interval[0])} to {_percent(item.interval[1])})"
    return text


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _short(name: str, limit: int) -> str:
    return name if len(name) <= limit else f"{name[: limit // 2]}...{name[-limit // 2 + 3 :]}"


def _safe(text: str) -> str:
    """Return the text in what the built-in fonts can draw; other letters become `?`."""
    plain = text.replace("’", "'").replace("–", "-").replace("…", "...").replace("≥", ">=")
    return plain.encode("latin-1", "replace").decode("latin-1")
