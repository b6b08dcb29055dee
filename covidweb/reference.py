"""The README's command reference, written from `--help` so that it cannot rot.

`python -m covidweb.reference` rewrites it; a test compares.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parent.parent / "README.md"
START, END = "<!-- commands: written by `make readme` -->", "<!-- end of commands -->"
_WIDTH = 100


def reference() -> str:
    """Return the program's help, and that of every command folded away, as Markdown."""
    import typer.main

    from covidweb.cli import app

    blocks = [f"```\n{text}\n```" for text in _helps(typer.main.get_command(app), "covidweb", None)]
    return "\n\n".join(
        [blocks[0], "<details><summary>Every command</summary>", *blocks[1:], "</details>"]
    )


def with_reference(text: str) -> str:
    """Return a README with the part between the two marks replaced.

    Raises:
        ValueError: a mark is missing.
    """
    if START not in text or END not in text:
        raise ValueError(f"The README needs the lines {START} and {END}.")
    head, _, rest = text.partition(START)
    return f"{head}{START}\n{reference()}\n{END}{rest.partition(END)[2]}"


def _helps(command: Any, name: str, parent: Any) -> Iterator[str]:
    # The terminal's width must not change the text.
    context = command.context_class(
        command,
        info_name=f"python -m {name}" if parent is None else name,
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
    )
    yield command.get_help(context).rstrip()
    for child, inner in getattr(command, "commands", {}).items():
        yield from _helps(inner, child, context)


if __name__ == "__main__":
    README.write_text(with_reference(README.read_text(encoding="utf-8")), encoding="utf-8")
