"""The training page: every number and curve is computed from the bundles' files."""

from covidweb.views.training.page import show

__all__ = ["show"]
