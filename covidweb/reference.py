"""The command reference, `docs/commands.md`, written from `--help` so that it cannot rot.

`python -m covidweb.reference` rewrites it; a test compares.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
_HEAD = """# Every command

Written by `make reference` from the commands' own help; do not edit. An installed package has the
command `covidweb`; in a checkout it is `python -m covidweb`."""
_WIDTH = 100


def reference() -> str:
    """Return the help of the program and of every command as Markdown."""
    import typer.main

    from covidweb.cli import app

    helps = _helps(typer.main.get_command(app), "covidweb", None)
    blocks = [f"## {name}\n\n```\n{text}\n```" for name, text in helps]
    return "\n\n".join([_HEAD, *blocks]) + "\n"


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    # The terminal's width must not change the text.
    context = command.context_class(
        command,
        info_name=name,
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
    )
    yield context.command_path, command.get_help(context).rstrip()
    for child, inner in getattr(command, "commands", {}).items():
        yield from _helps(inner, child, context)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
