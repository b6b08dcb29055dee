"""The paper of a PDF report: header, footer, lines of text and pictures."""

import io
from datetime import UTC, date, datetime, time

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from PIL import Image

from covidweb import __version__
from covidweb.report.item import DISCLAIMER
from covidweb.report.letters import literal, prose

LEFT, WIDE = 18.0, 174.0
"""Left margin and width of the text, in millimetres."""

# Stands for the number of pages until it is known; no file name can hold it.
_PAGES = "\x7f\x7f"
_QUALITY = 90


class Sheet(FPDF):
    """An A4 document in the report's dress; lengths in millimetres."""

    def __init__(self, day: date, title: str) -> None:
        super().__init__(format="A4")
        self.day = day
        self.alias_nb_pages(_PAGES)
        self.set_margins(LEFT, 15)
        self.c_margin = 0.0
        self.set_auto_page_break(True, 20)
        self.set_title(title)
        self.set_lang("en")
        self.set_creator(f"covidweb {__version__}")
        self.set_creation_date(datetime.combine(day, time(), UTC))

    def header(self) -> None:
        """Write the report's name and its date."""
        self.set_font("Helvetica", "B", 9)
        self.cell(0, 5, "covidweb - chest radiograph screening report")
        self.set_x(LEFT)
        self.set_font("Helvetica", "", 9)
        self.cell(0, 5, self.day.isoformat(), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.line(LEFT, 21, LEFT + WIDE, 21)
        self.ln(4)

    def footer(self) -> None:
        """Write the disclaimer, the version and the page."""
        self.set_y(-15)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 5, f"{DISCLAIMER} covidweb {__version__}")
        self.set_x(LEFT + WIDE - 20)
        self.cell(20, 5, f"Page {self.page_no()} of {_PAGES}")

    def write_line(self, text: str, size: float = 9, style: str = "") -> None:
        """Write a paragraph over the whole width, wrapped."""
        self.write_box(WIDE, prose(text), size, style)

    def write_name(self, name: str, size: float = 11) -> None:
        """Write a file's name in full, wrapped anywhere, so that no two look alike."""
        self.write_box(WIDE, literal(name), size, "B", WrapMode.CHAR)

    def picture(
        self, image: Image.Image, x: float, y: float, width: float, height: float, alt: str
    ) -> None:
        """Place a picture, with what a screen reader says for it."""
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=_QUALITY, subsampling=0)
        self.image(stream, x=x, y=y, w=width, h=height, alt_text=prose(alt))

    def write_box(
        self,
        width: float,
        text: str,
        size: float = 9,
        style: str = "",
        wrapmode: WrapMode = WrapMode.WORD,
    ) -> None:
        """Write Latin-1 text from here on, `width` wide, and go below it, to the same place.

        What fits on one line is not searched for breaks: that is fpdf2's slowest part.
        """
        x = self.get_x()
        self.set_font("Helvetica", style, size)
        height = size * 0.47
        if self.get_string_width(text) <= width:
            self.cell(width, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        else:
            self.multi_cell(
                width,
                height,
                text,
                align="L",
                wrapmode=wrapmode,
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )
        self.set_x(x)
