"""Texts that are not ours lose every meaning that Markdown could give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covidweb.markdown import escape

JOINER = "\u2060"
ACTIVE = [
    "![x](https:example.org/p.png)",
    "![x](https:&#47;&#47;example.org&#47;p.png)",
    "<img src=https:example.org/p.png>",
    "[a link](https://example.org)",
    "# a heading",
    "- an item",
    "12. an item",
    "```mermaid\ngraph LR\n```",
    "a\n\n---\n\n| a | b |\n|---|---|",
    "    code",
    "a_b_c *d* **e** ~~f~~ `g` a\\",
    "$x^2$ and $$y$$",
    "&copy; &#33;",
]
FOUND_LATER = [
    "https://example.org",
    "WWW.example.org",
    "a@example.org",
    ":material/home:",
    ":smile:",
    ":red[x]",
    "a -> b",
    "a -- b",
    "a >= b",
]


def shown(text: str) -> str:
    """Return what a reader sees of a paragraph that must hold text and nothing else."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    opened, inline, closed = parser.parse(escape(text))
    assert (opened.type, closed.type) == ("paragraph_open", "paragraph_close")
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    return "".join(child.content for child in inline.children).replace(JOINER, "")


@pytest.mark.parametrize("text", ACTIVE)
def test_every_character_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == " ".join(text.split())


@given(st.text(min_size=1).filter(lambda t: any(c.isprintable() and not c.isspace() for c in t)))
def test_any_text_is_one_paragraph_of_plain_text(text: str) -> None:
    wanted = "".join(c for c in text if c.isprintable() or c.isspace())
    assert shown(text) == " ".join(wanted.replace(JOINER, "").split())


@pytest.mark.parametrize("found_later", FOUND_LATER)
def test_what_is_looked_for_in_the_finished_text_is_broken_up(found_later: str) -> None:
    escaped = escape(found_later)
    assert JOINER in escaped
    assert shown(found_later) == found_later


def test_an_ordinary_name_stays_legible() -> None:
    assert escape("patient-3 (2).dcm") == "patient-3 (2).dcm"
    assert escape("film_1.png") == r"film\_1.png"
