"""Texts that are not ours, shown as they are: no character of theirs is Markdown.

Names of files, manifests and bundles can come from anybody. Streamlit's captions, labels, tables
and messages are Markdown, and a picture in it is fetched by the reader's browser from wherever it
says. A backslash takes a character's meaning in Markdown. What is looked for in the finished text
(addresses, icons, emoji, arrows) knows no backslash: an invisible word joiner breaks it up.
"""

import re

_JOINER = "\u2060"
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>!|~$]|[&:@](?=\S)")
_START = re.compile(r"^(\d+)([.)])(?=\s|$)|^()([-+=#])")
_FOUND_LATER = re.compile(r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[<>=~-])(?=[<>=~-])", re.IGNORECASE)
_KEPT = re.compile(r"(`[^`\n]*`|\*\*)")


def escape(text: object) -> str:
    """Return a text on one line, such that Markdown shows every character of it as it is.

    Use it for everything that is not written in this package: names of files, sets, sources and
    bundles, texts of cards and manifests, messages that quote them. Never use it twice.

    Example:
        >>> escape("a_b.png"), escape("![x]")
        ('a\\\\_b.png', '\\\\!\\\\[x\\\\]')
    """
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in str(text)).split())
    broken = _FOUND_LATER.sub(_JOINER, line)
    escaped = _ACTIVE.sub(r"\\\g<0>", broken)
    return _START.sub(r"\1\3\\\2\4", escaped)


def inline(text: str) -> str:
    """Return a text whose `code` and **bold** stay Markdown, while all else of it is escaped.

    Example:
        >>> inline("Run `a_b` on **all** of a_b")
        'Run `a_b` on **all** of a\\\\_b'
    """
    return "".join(part if i % 2 else _spaced(part) for i, part in enumerate(_KEPT.split(text)))


def _spaced(part: str) -> str:
    """Escape a part of a line, which may begin and end in a space."""
    before, after = part[:1].isspace(), part[-1:].isspace() and bool(part.strip())
    return " " * before + escape(part) + " " * after
