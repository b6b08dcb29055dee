"""Files at addresses such as `s3://films/2020`, reached through fsspec where it is installed."""

from dataclasses import dataclass
from typing import Any

from covidweb.errors import ImageError
from covidweb.radiograph.limits import check_bytes
from covidweb.radiograph.names import base_name


def is_address(text: str) -> bool:
    """Tell an address from a path: it names a protocol."""
    protocol, mark, _ = text.partition("://")
    return bool(mark) and protocol.replace("+", "").replace("::", "").isalnum()


@dataclass(frozen=True)
class Stored:
    """A file at an address; it can be pickled and read elsewhere."""

    address: str

    @property
    def name(self) -> str:
        """The address's last part."""
        return self.address.rsplit("/", 1)[-1]

    def head(self, size: int) -> bytes:
        """Return its first bytes; none where it cannot be opened, since reading it says why."""
        try:
            return self._read(size)
        except ImageError:
            return b""

    def read(self) -> bytes:
        """Return its bytes. Raises ImageError, also for more than a film holds."""
        return self._read(None)

    def _read(self, size: int | None) -> bytes:
        try:
            with _fsspec().open(self.address, "rb") as stream:
                if size is None:
                    check_bytes(int(stream.seek(0, 2)))
                    stream.seek(0)
                return bytes(stream.read(-1 if size is None else size))
        except ImageError:
            raise
        except Exception as error:
            raise ImageError(
                f"This file cannot be opened: {_said(error)}. Received: {base_name(self.name)}"
            ) from error


def stored_files(address: str) -> tuple[list[Stored], bool]:
    """Return the files below an address, sorted, and whether it is that of a single file.

    Raises:
        ImageError: fsspec is missing, or the address cannot be listed.
    """
    fsspec = _fsspec()
    try:
        system, path = fsspec.core.url_to_fs(address)
        if not system.isdir(path):
            return [Stored(address)], True
        return [Stored(system.unstrip_protocol(file)) for file in sorted(system.find(path))], False
    except Exception as error:
        raise ImageError(
            f"This address cannot be listed: {_said(error)}. Received: {address}"
        ) from error


def _fsspec() -> Any:
    try:
        import fsspec
        import fsspec.core
    except ImportError as error:
        raise ImageError(
            "Addresses need fsspec: install requirements-cluster.txt, and the package of the "
            "store, such as s3fs."
        ) from error
    return fsspec


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(".")
