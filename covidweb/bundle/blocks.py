"""A short document as values: sections of texts, bullets and tables, to render anywhere.

Texts may hold `code` in backticks and **bold** in asterisks, and nothing else of Markdown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from covidweb.markdown import inline

Row = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of lines."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head; every row is as long as the head."""

    head: Row
    rows: tuple[Row, ...]


Block = Text | Bullets | Table


@dataclass(frozen=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A title, a paragraph under it, and sections."""

    title: str
    note: str
    sections: tuple[Section, ...]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table of anything, each cell as text."""
    return Table(tuple(head), tuple(tuple(str(cell) for cell in row) for row in rows))


def markdown(document: Document) -> str:
    """Return a document as Markdown, ending in a line break."""
    parts = [f"# {inline(document.title)}", inline(document.note)]
    for section in document.sections:
        parts += [
            f"## {inline(section.title)}",
            *(block_markdown(block) for block in section.blocks),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def block_markdown(block: Block) -> str:
    """Return one block as Markdown."""
    match block:
        case Text(text):
            return inline(text)
        case Bullets(lines):
            return "\n".join(f"- {inline(line)}" for line in lines)
        case Table(head, rows):
            return "\n".join([_line(head), "|" + "---|" * len(head), *map(_line, rows)])


def _line(cells: Row) -> str:
    return "| " + " | ".join(re.sub(r"(?<!\\)\|", r"\\|", inline(cell)) for cell in cells) + " |"
