"""Text for the PDF's built-in fonts, which know Latin-1 only."""

_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "≥": ">=",
        "≤": "<=",
    }
)


def prose(text: str) -> str:
    """Return a sentence in Latin-1: typographic marks become plain ones, the rest is escaped."""
    return literal(text.translate(_PLAIN))


def literal(text: str) -> str:
    r"""Return a name in Latin-1 so that no two names look alike.

    Letters outside Latin-1 are written by their code as in JSON and Python: `ł` as `\u0142`. A
    file's base name holds no backslash of its own.
    """
    return "".join(letter if _drawable(letter) else _escape(letter) for letter in text)


def shortened(text: str, limit: int) -> str:
    """Return the text, or its beginning and its end around `...`, in at most `limit` letters."""
    if len(text) <= limit:
        return text
    kept = limit - 3
    return f"{text[: kept - kept // 2]}...{text[len(text) - kept // 2 :]}"


def _drawable(letter: str) -> bool:
    return " " <= letter <= "~" or ("\xa1" <= letter <= "\xff" and letter != "\xad")


def _escape(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
