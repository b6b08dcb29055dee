"""The model card as PDF: the few Markdown forms that `model_card.py` writes."""

import re
from collections.abc import Callable

from fpdf import FPDF
from fpdf.enums import TableBordersLayout

_SIZES = {1: 18, 2: 13}
_BODY = 9.5
_ROW = re.compile(r"(?<!\\)\|")
# The built-in fonts know Latin-1 only.
_LATIN = str.maketrans(
    {"–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "≥": ">=", "≤": "<="}
)


def pdf(markdown: str) -> bytes:
    """Return a Markdown text as the bytes of an A4 PDF.

    Args:
        markdown: headings of two levels, paragraphs, bullets, tables and fenced code.
    """
    document = FPDF(format="A4")
    document.set_auto_page_break(True, margin=15)
    document.add_page()
    for block in re.split(r"\n{2,}", latin(markdown).strip()):
        _renderer(block)(document, block)
    return bytes(document.output())


def latin(text: str) -> str:
    """Return text that the built-in fonts can show; unknown letters become question marks."""
    return text.translate(_LATIN).encode("latin-1", "replace").decode("latin-1")


def _renderer(block: str) -> Callable[[FPDF, str], None]:
    starts = {"#": _heading, "|": _table, "- ": _bullets, "```": _code}
    return next((draw for start, draw in starts.items() if block.startswith(start)), _paragraph)


def _heading(document: FPDF, block: str) -> None:
    marks, _, text = block.partition(" ")
    document.ln(3)
    document.set_font("helvetica", "B", _SIZES.get(len(marks), 11))
    document.multi_cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")


def _paragraph(document: FPDF, block: str) -> None:
    document.set_font("helvetica", "", _BODY)
    text = _bare(block.replace("\n", " "))
    document.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
    document.ln(2)


def _bullets(document: FPDF, block: str) -> None:
    document.set_font("helvetica", "", _BODY)
    for line in re.split(r"\n- ", block.removeprefix("- ")):
        text = "-" + " " + _bare(line.replace("\n", " "))
        document.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
    document.ln(2)


def _code(document: FPDF, block: str) -> None:
    document.set_font("courier", "", _BODY - 1)
    text = "\n".join(block.splitlines()[1:-1])
    document.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT", border=1, padding=2)
    document.ln(2)


def _table(document: FPDF, block: str) -> None:
    rows = [[_cell(c) for c in _ROW.split(line)[1:-1]] for line in block.splitlines()]
    heads, lines = rows[0], rows[2:]
    many = len(heads) > 2
    document.set_font("helvetica", "", 7.5 if many else _BODY - 1)
    widths = (34, *[12 if many else 110] * (len(heads) - 1))
    with document.table(
        col_widths=widths,
        line_height=4.5,
        padding=1,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        wrapmode="CHAR" if not many else "WORD",
    ) as drawn:
        drawn.row(heads)
        for line in lines:
            drawn.row(line)
    document.ln(2)


def _cell(text: str) -> str:
    return _bare(text.strip().replace("\\|", "|"))


def _bare(text: str) -> str:
    return text.replace("`", "").replace("**", "")
