"""A document, such as the model card, as PDF."""

from fpdf import FPDF
from fpdf.enums import TableBordersLayout

from covidweb.bundle.blocks import Block, Bullets, Document, Table, Text

_SIZES = {1: 18, 2: 13}
_BODY = 9.5
# The built-in fonts know Latin-1 only.
_LATIN = str.maketrans(
    {"–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "≥": ">=", "≤": "<="}
)


def pdf(document: Document) -> bytes:
    """Return a document as the bytes of an A4 PDF."""
    paper = FPDF(format="A4")
    paper.set_auto_page_break(True, margin=15)
    paper.add_page()
    _heading(paper, document.title, 1)
    _paragraph(paper, document.note)
    for section in document.sections:
        _heading(paper, section.title, 2)
        for block in section.blocks:
            _draw(paper, block)
    return bytes(paper.output())


def latin(text: str) -> str:
    """Return text that the built-in fonts can show; unknown letters become question marks."""
    return text.translate(_LATIN).encode("latin-1", "replace").decode("latin-1")


def _draw(paper: FPDF, block: Block) -> None:
    match block:
        case Text(text):
            _paragraph(paper, text)
        case Bullets(lines):
            _bullets(paper, lines)
        case Table():
            _table(paper, block)


def _heading(paper: FPDF, text: str, level: int) -> None:
    paper.ln(3)
    paper.set_font("helvetica", "B", _SIZES[level])
    paper.multi_cell(0, 8, _plain(text), new_x="LMARGIN", new_y="NEXT")


def _paragraph(paper: FPDF, text: str) -> None:
    paper.set_font("helvetica", "", _BODY)
    paper.multi_cell(0, 5, _plain(text), new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)


def _bullets(paper: FPDF, lines: tuple[str, ...]) -> None:
    paper.set_font("helvetica", "", _BODY)
    for line in lines:
        paper.multi_cell(0, 5, f"- {_plain(line)}", new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)


def _table(paper: FPDF, block: Table) -> None:
    many = len(block.head) > 2
    paper.set_font("helvetica", "", 7.5 if many else _BODY - 1)
    widths = (34, *[12 if many else 110] * (len(block.head) - 1))
    with paper.table(
        col_widths=widths,
        line_height=4.5,
        padding=1,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        wrapmode="CHAR" if not many else "WORD",
    ) as drawn:
        for row in (block.head, *block.rows):
            drawn.row([_plain(cell) for cell in row])
    paper.ln(2)


def _plain(text: str) -> str:
    return latin(text.replace("`", "").replace("**", ""))
