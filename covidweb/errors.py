"""The errors that covidweb raises on purpose; each message is a sentence fit for a page."""


class CovidwebError(Exception):
    """Base of every expected error: wrong input, never a fault in the code."""


class ImageError(CovidwebError):
    """The bytes are not a film that can be read: says what was wrong and what is accepted."""


class ModelError(CovidwebError):
    """A bundle under `model/` is missing, incomplete, or does not match its card."""


class DataError(CovidwebError):
    """A manifest or a file that it names is missing, wrong or changed."""
