"""A JSON Schema (draft-07) in, what is wrong with it or with values against it out.

`jsonschema-rs` does it: a record costs a microsecond, which a stream of a million records needs.
Nothing is fetched from the network for a `$ref`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from build_config.wording import one_line

if TYPE_CHECKING:
    import jsonschema_rs

    Validator = jsonschema_rs.Draft7Validator

_LONGEST: Final = 200
_NAME: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_OLD: Final = re.compile(r"\s*(?:BC|AD)$|^[+-]\d{5,}", re.IGNORECASE)


class SchemaError(ValueError):
    """Not a JSON Schema of draft-07; the message says where and why."""


def compile_schema(schema: Any, *, hide_values: bool = False) -> Validator:
    """What checks values against the schema.

    Args:
        schema: of draft-07, whatever its `$schema` says.
        hide_values: what is checked is secret: messages must not quote it.

    Raises:
        SchemaError: it is not a schema, or has a `$ref` that leads nowhere within it.
    """
    import jsonschema_rs

    mask = "the value" if hide_values else None
    try:
        return jsonschema_rs.Draft7Validator(
            schema, formats=_FORMATS, validate_formats=True, offline=True, mask=mask
        )
    except jsonschema_rs.ValidationError as error:
        raise SchemaError(_told(error)) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise SchemaError(one_line(str(error))[:_LONGEST]) from error


def faults(validator: Validator, value: Any, *, under: str = "", most: int = 5) -> tuple[str, ...]:
    """What is wrong with the value, at most so many; empty when it is valid.

    Args:
        validator: of `compile_schema`.
        value: as a JSON parser gives it.
        under: the path of the value, put before every place.
        most: how many are worth telling.
    """
    if validator.is_valid(value):
        return ()
    return tuple(islice(_faults(validator, value, under), most))


def place(path: list[str | int], under: str = "") -> str:
    """A path as people write it: `record.data`, `streams[0].name`, `properties["a b"]`."""
    text = under
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _NAME.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def _faults(validator: Validator, value: Any, under: str) -> Iterator[str]:
    for error in validator.iter_errors(value):
        yield _told(error, under)


def _told(error: jsonschema_rs.ValidationError, under: str = "") -> str:
    path = list(error.instance_path)
    if error.kind.name == "required":
        return f"`{place([*path, error.kind.value], under)}` is missing"
    where = place(path, under)
    message = one_line(error.message)
    if len(message) > _LONGEST:
        # the rule stands at the end, behind the value
        message = f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 2 :]}"
    return f"`{where}`: {message}" if where else message


def _is_date_time(value: str) -> bool:
    """As warehouses read it: with or without a zone, `T` or a blank in the middle.

    RFC 3339 asks for a zone; Airbyte's `timestamp_without_timezone` has the same format and none.
    """
    return len(value) > len("2021-01-01") and _parses(datetime, value)


def _is_date(value: str) -> bool:
    return _parses(date, value)


def _is_time(value: str) -> bool:
    return _parses(time, value)


def _parses(kind: type[date | datetime | time], value: str) -> bool:
    if _OLD.search(value):
        return True  # years that Python cannot tell, which databases have
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True


_FORMATS: Final = {"date-time": _is_date_time, "date": _is_date, "time": _is_time}
