"""`python -m covidweb`."""

from covidweb.cli import main

if __name__ == "__main__":
    main()
