"""Fetch one file over HTTP: several tries with growing pauses, its hash checked."""

import hashlib
import random
import threading
import time
from collections.abc import Callable

import requests

from covidweb.radiograph import Limits

TRIES = 5
TIMEOUT = (10, 30)
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 30.0


class FetchFault(Exception):
    """The file did not arrive; the message says why in a sentence."""


class LostConnection(FetchFault):
    """No try got through."""

    sentence = "The connection failed"


class Fetcher:
    """Fetches files; one keep-alive session per thread.

    Args:
        tries: how often one file is asked for when the connection drops or the server is busy.
        pause: seconds before the second try; doubled for each further one.
        sleep: waits; another for tests.
    """

    def __init__(
        self,
        tries: int = TRIES,
        pause: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tries, self._pause, self._sleep = tries, pause, sleep
        self._local = threading.local()

    def fetch(self, address: str, sha256: str) -> bytes:
        """Return the bytes at an address.

        Args:
            address: http or https.
            sha256: what they must hash to, 64 hexadecimal digits.

        Raises:
            FetchFault: not there, not the file that was promised, or too large.
            LostConnection: no try got through.
        """
        reason = ""
        for attempt in range(self._tries):
            if attempt:
                self._sleep(self._wait(attempt, reason))
            try:
                answer = self._get(address)
            except requests.RequestException as error:
                reason = type(error).__name__
                continue
            if isinstance(answer, bytes):
                return _checked(answer, sha256)
            reason = answer
        raise LostConnection(f"{LostConnection.sentence} in {self._tries} tries: {reason}.")

    def _get(self, address: str) -> bytes | str:
        """Return the whole body, or why it is worth asking again. Raises for any other answer."""
        with self._session().get(address, timeout=TIMEOUT, stream=True) as response:
            if response.status_code in _AGAIN:
                wait = response.headers.get("Retry-After", "")
                return f"status {response.status_code}, wait {wait}"
            if response.status_code != 200:
                raise FetchFault(f"The server answered {response.status_code}, not 200.")
            body, largest = bytearray(), Limits().file_bytes
            for piece in response.iter_content(1 << 16):
                body += piece
                if len(body) > largest:
                    raise FetchFault(f"The file is larger than {largest:,} bytes.")
            return bytes(body)

    def _wait(self, attempt: int, reason: str) -> float:
        """Return seconds to wait: what the server asked for, else doubling, a little uneven."""
        asked = reason.rpartition("wait ")[2]
        if asked.isdigit():
            return min(float(asked), _LONGEST_PAUSE)
        # Threads that were dropped together should not come back together.
        pause = self._pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
        return min(pause, _LONGEST_PAUSE)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return self._local.session


def _checked(data: bytes, sha256: str) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise FetchFault(
            f"Its sha256 is wrong: expected {sha256[:12]}…, received {found[:12]}… "
            f"({len(data):,} bytes)."
        )
    return data
