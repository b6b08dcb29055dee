"""`python -m covidweb`."""

import os

# Small products of matrices wait for each other's threads in OpenBLAS, ten times over; NumPy
# reads this when it is imported, and a user's own setting wins.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from covidweb.cli import main

if __name__ == "__main__":
    main()
