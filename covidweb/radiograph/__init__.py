"""From untrusted bytes to a Radiograph: grey pixels and facts, never a person's data."""

from covidweb.radiograph.intake import LeftOut, Listing, Source, list_paths, list_upload
from covidweb.radiograph.limits import Limits
from covidweb.radiograph.model import Radiograph
from covidweb.radiograph.names import Stems, base_name
from covidweb.radiograph.read import read_radiograph, read_radiograph_file
from covidweb.radiograph.recognise import ACCEPTED, ACCEPTED_EXTENSIONS

__all__ = [
    "ACCEPTED",
    "ACCEPTED_EXTENSIONS",
    "LeftOut",
    "Limits",
    "Listing",
    "Radiograph",
    "Source",
    "Stems",
    "base_name",
    "list_paths",
    "list_upload",
    "read_radiograph",
    "read_radiograph_file",
]
