"""From untrusted bytes to a Radiograph: grey pixels and facts, never a person's data."""

from covidweb.radiograph.limits import MAX_BYTES, MAX_PIXELS, MIN_SIDE
from covidweb.radiograph.model import Radiograph
from covidweb.radiograph.read import read_radiograph, read_radiograph_file
from covidweb.radiograph.recognise import ACCEPTED, ACCEPTED_EXTENSIONS

__all__ = [
    "ACCEPTED",
    "ACCEPTED_EXTENSIONS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MIN_SIDE",
    "Radiograph",
    "read_radiograph",
    "read_radiograph_file",
]
