"""JSON files as frozen dataclasses: read strictly, with one sentence for whatever is wrong."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from covidweb.errors import ModelError

T = TypeVar("T")


def read_typed(path: Path, form: type[T], bundle: str, version: int) -> T:
    """Read a JSON file as a dataclass; keys that it does not know are left out.

    Args:
        path: of the file.
        form: a frozen dataclass with a field `version`.
        bundle: its name, for the message.
        version: the newest that is understood.

    Raises:
        ModelError: the file is missing, not JSON, nested too deeply, of a newer version, or a field
            of it is missing or of the wrong type; the message names the field.
    """
    what = f"{path.name} of the bundle '{bundle}'"
    if not path.is_file():
        raise ModelError(f"The bundle '{bundle}' has no {path.name}.")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=form)
    except msgspec.ValidationError as error:
        raise ModelError(f"{what} cannot be used: {_sentence(str(error))}") from error
    except msgspec.DecodeError as error:
        raise ModelError(f"{what} is not JSON: {error}.") from error
    except RecursionError as error:
        raise ModelError(f"{what} cannot be used: it is nested too deeply.") from error
    except OSError as error:
        raise ModelError(f"{what} cannot be read: {error.strerror}.") from error
    if found.version > version:  # type: ignore[attr-defined]
        raise ModelError(
            f"{what} has version {found.version}, "  # type: ignore[attr-defined]
            f"and this covidweb knows versions up to {version}."
        )
    return found


def as_json(value: Any) -> Any:
    """Return a dataclass as a JSON object; optional fields that are None or empty are left out."""
    if is_dataclass(value):
        pairs = ((known, as_json(getattr(value, known.name))) for known in fields(value))
        return {k.name: v for k, v in pairs if _required(k) or v not in (None, "", [], {})}
    if isinstance(value, Mapping):
        return {key: as_json(inner) for key, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def _required(known: Field[Any]) -> bool:
    return known.default is MISSING and known.default_factory is MISSING


def _sentence(message: str) -> str:
    """Turn "Expected `int`, got `str` - at `$.input.size`" into a sentence that names the field."""
    said, _, place = message.replace("`", "'").partition(" - at ")
    place = place.strip("'").removeprefix("$.")
    at = f"in the field '{place}', " if place else ""
    return f"{at}{said[:1].lower()}{said[1:]}."
