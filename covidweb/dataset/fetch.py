"""Fetch one file over HTTP: several tries with growing pauses, its hash checked."""

import hashlib
import threading

import requests
from urllib3 import Retry
from urllib3.exceptions import HTTPError, ProtocolError

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
        pause: seconds before the second try; doubled for each further one. What the server asks
            for goes first.
    """

    def __init__(self, tries: int = TRIES, pause: float = 0.5) -> None:
        self._tries = tries
        self._plan = Retry(
            total=tries - 1,
            status_forcelist=_AGAIN,
            backoff_factor=pause / 2,
            # Threads that were dropped together should not come back together.
            backoff_jitter=pause / 2,
            backoff_max=_LONGEST_PAUSE,
        )
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
        plan = self._plan
        while True:
            busy, reason = None, ""
            try:
                with self._session().get(address, timeout=TIMEOUT, stream=True) as answer:
                    if answer.status_code not in _AGAIN:
                        return _checked(_body(answer), sha256)
                    busy, reason = answer.raw, f"status {answer.status_code}"
            except requests.RequestException as error:
                reason = type(error).__name__
            try:
                plan = plan.increment("GET", address, response=busy, error=_dropped(busy))
            except HTTPError:
                said = f"{LostConnection.sentence} in {self._tries} tries: {reason}."
                raise LostConnection(said) from None
            plan.sleep(busy)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
        return session


def _body(answer: requests.Response) -> bytes:
    """Return the whole body. Raises FetchFault for any answer that is not a file to take."""
    if answer.status_code != 200:
        raise FetchFault(f"The server answered {answer.status_code}, not 200.")
    body, largest = bytearray(), Limits().file_bytes
    for piece in answer.iter_content(1 << 16):
        body += piece
        if len(body) > largest:
            raise FetchFault(f"The file is larger than {largest:,} bytes.")
    return bytes(body)


def _dropped(busy: object) -> Exception | None:
    return None if busy is not None else ProtocolError("The connection was dropped.")


def _checked(data: bytes, sha256: str) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise FetchFault(
            f"Its sha256 is wrong: expected {sha256[:12]}…, received {found[:12]}… "
            f"({len(data):,} bytes)."
        )
    return data
