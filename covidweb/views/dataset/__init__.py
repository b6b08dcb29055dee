"""The dataset page: what the models learned from, honestly."""

from covidweb.views.dataset.page import show

__all__ = ["show"]
