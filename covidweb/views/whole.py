"""Callbacks of widgets that a further click cannot cut off."""

from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec

from streamlit.runtime.scriptrunner import RerunException, get_script_run_ctx

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
        waiting: list[RerunException] = []
        while True:
            try:
                work(*args, **kwargs)
                break
            except RerunException as click:
                waiting.append(click)
        if waiting:
            _hand_on(waiting)

    return done


def _hand_on(clicks: list[RerunException]) -> NoReturn:
    """Put clicks back where they waited: Streamlit joins them with the last, which is raised."""
    context = get_script_run_ctx()
    for click in clicks[:-1]:
        if context is not None and context.script_requests is not None:
            context.script_requests.request_rerun(click.rerun_data)
    raise clicks[-1]
