"""Rows made to fit a schema: a row in, a record that satisfies the schema out, nothing lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from source_file.rows import RESERVED
from source_file.schema import BOOLEANS, INTEGER, NUMBER

Record = dict[str, Any]
PYTHON_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "object": (dict,),
    "array": (list,),
}


def column_types(json_schema: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Column to JSON types, without the columns that this source adds by itself."""
    properties = json_schema.get("properties") or {}
    return {
        column: _types(described)
        for column, described in properties.items()
        if column not in RESERVED
    }


def _types(described: Any) -> frozenset[str]:
    declared = described.get("type") if isinstance(described, dict) else None
    if isinstance(declared, str):
        return frozenset({declared})
    return frozenset(declared) if isinstance(declared, list) else frozenset(PYTHON_TYPES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """A record and the columns whose value did not fit: null in `data`, kept in `_extra`."""

    data: Record
    misfits: tuple[str, ...] = ()


def csv_fitter(
    columns: Mapping[str, frozenset[str]], header: list[str], null_values: frozenset[str]
) -> Callable[[list[str]], Fitted]:
    """A function that makes a record of the cells of one row under this header."""
    blank: Record = dict.fromkeys(columns)
    known = [
        (name, _cell_parser(columns[name])) if name in columns else (name, None) for name in header
    ]
    width = len(header)

    def fit(cells: list[str]) -> Fitted:
        data = blank.copy()
        extra: Record = {}
        misfits: list[str] = []
        for (name, parse), cell in zip(known, cells, strict=False):
            if cell in null_values:
                continue
            if parse is None:
                extra[name] = cell
                continue
            try:
                data[name] = parse(cell)
            except ValueError:
                extra[name] = cell
                misfits.append(name)
        for position in range(width, len(cells)):
            extra[f"column_{position + 1}"] = cells[position]
        data["_extra"] = extra or None
        return Fitted(data=data, misfits=tuple(misfits))

    return fit


def _cell_parser(types: frozenset[str]) -> Callable[[str], Any]:
    if "string" in types:
        return str
    if "number" in types:
        return _number
    if "integer" in types:
        return _integer
    return _boolean if "boolean" in types else _json


def _integer(cell: str) -> int:
    if INTEGER.fullmatch(cell):
        return int(cell)
    raise ValueError(cell)


def _number(cell: str) -> int | float:
    if INTEGER.fullmatch(cell):
        return int(cell)
    if NUMBER.fullmatch(cell):
        return float(cell)
    raise ValueError(cell)


def _boolean(cell: str) -> bool:
    try:
        return BOOLEANS[cell]
    except KeyError:
        raise ValueError(cell) from None


def _json(cell: str) -> Any:
    """A cell of a column that someone declared as an object or array by hand."""
    value = orjson.loads(cell)
    if not isinstance(value, dict | list):
        raise ValueError(cell)  # noqa: TRY004 - callers ask for one kind of misfit
    return value


def json_fitter(columns: Mapping[str, frozenset[str]]) -> Callable[[Record], Fitted]:
    """A function that makes a record of one JSON object; the object itself is changed."""
    accepted = {
        column: frozenset(kind for name in types for kind in PYTHON_TYPES.get(name, ()))
        for column, types in columns.items()
    }

    def fit(row: Record) -> Fitted:
        strange = [
            name
            for name, value in row.items()
            if name not in accepted or type(value) not in accepted[name]
        ]
        extra: Record = {}
        misfits: list[str] = []
        for name in strange:
            value = row.pop(name)
            if name not in columns:
                extra[name] = value
            elif value is not None:
                row[name] = converted = _converted(value, columns[name])
                if converted is None:
                    extra[name] = value
                    misfits.append(name)
        row["_extra"] = extra or None
        return Fitted(data=row, misfits=tuple(misfits))

    return fit


def _converted(value: Any, types: frozenset[str]) -> Any:
    """The value in one of these types, or None when that would lose something."""
    if "string" in types:
        return orjson.dumps(value).decode()
    if "integer" in types and isinstance(value, float) and value.is_integer():
        return int(value)
    return None
