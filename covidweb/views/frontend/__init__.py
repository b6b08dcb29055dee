"""The parts of the pages that run in the browser: each a script and a style sheet of our own."""

from covidweb.views.frontend.load import component

__all__ = ["component"]
