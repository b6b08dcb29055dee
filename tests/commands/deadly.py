"""A source that ends the process which reads it: for workers of their own."""

import os
import signal
from pathlib import Path


class DeadlyOnce:
    """Kills the process that reads it, the first time; then gives the film."""

    def __init__(self, film: Path, mark: Path):
        self.film, self.mark = film, mark

    def __call__(self) -> bytes:
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.film.read_bytes()
