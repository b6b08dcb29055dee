"""Interactive COVID-19 screening of chest radiographs. Research software, not a medical device."""

__version__ = "0.1.0"
