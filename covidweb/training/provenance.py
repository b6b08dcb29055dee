"""What a card says about where a bundle came from."""

import sys
from importlib.metadata import version

from covidweb import __version__

LIBRARIES = (
    "tensorflow",
    "keras",
    "ai-edge-litert",
    "ai-edge-quantizer",
    "numpy",
    "pillow",
    "scikit-learn",
)

INTENDED_USE = (
    "Research and teaching: to study what a network reads from frontal chest radiographs, and "
    "how far its answers hold in other hospitals. Not a medical device; not for diagnosis."
)


def versions() -> dict[str, str]:
    """Return the versions of covidweb, Python and the libraries that make the numbers."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"covidweb": __version__, "python": python, **{n: version(n) for n in LIBRARIES}}
