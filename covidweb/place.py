"""Where the app's own files lie: `app.py`, `pages/` and `model/`.

In a checkout they stand beside the package; an installed package carries them inside.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CARRIED = _PACKAGE / "carried"


def home() -> Path:
    """Return the folder with `app.py`, `pages/`, `model/` and `.streamlit/`."""
    return _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent
