"""`python -m covidweb`, and the command `covidweb`."""

import os
import sys

# Small products of matrices wait for each other's threads in OpenBLAS, ten times over; NumPy
# reads this when it is imported, and a user's own setting wins.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from covidweb import cli

_NETWORKS = ("ai_edge_litert", "tensorflow")


def main() -> None:
    """Run the command line and leave.

    Where networks were loaded, they and their memory are torn down piece by piece at the
    interpreter's end, for nothing: a tenth of a second for LiteRT, a second for TensorFlow. The
    process ends as soon as everything is written.
    """
    try:
        cli.main()
    except SystemExit as stop:
        loaded = not sys.modules.keys().isdisjoint(_NETWORKS)
        if not loaded or not isinstance(stop.code, int | None):
            raise
        _leave(stop.code or 0)


def _leave(status: int) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or 1
    os._exit(status)


if __name__ == "__main__":
    main()
