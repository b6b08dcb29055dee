"""Callbacks of widgets that a further click cannot cut off."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from streamlit.runtime.scriptrunner import RerunException

P = ParamSpec("P")


def whole(work: Callable[P, None]) -> Callable[P, None]:
    """Let a callback do all that it is to do, whatever the reader clicks meanwhile.

    Streamlit ends a callback, without a word, where it touches the session's state while a further
    click waits. Here it is begun anew, and the click is handed on when all is done.

    Args:
        work: touches the session's state first and changes other things afterwards, or can be
            begun twice without harm.
    """

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> None:
        waiting: RerunException | None = None
        while True:
            try:
                work(*args, **kwargs)
                break
            except RerunException as click:
                waiting = click
        if waiting is not None:
            raise waiting

    return done
