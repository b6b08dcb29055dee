"""Start Streamlit on the frame, so that every address opens inside it.

Beside a folder named `pages/`, Streamlit serves each file in it as a page of its own until the
first visitor has run the frame. This start tells it beforehand that the frame names the pages.
"""

import sys

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli


def main(options: list[str]) -> None:
    """Run `streamlit run` with the given options and never return.

    Args:
        options: the entry script, then Streamlit's own options.
    """
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", *options]
    cli.main()


if __name__ == "__main__":
    main(sys.argv[1:])
