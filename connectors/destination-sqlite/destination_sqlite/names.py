"""Names of streams and fields: any text in, safe SQL out."""

import hashlib
from collections.abc import Iterable

from destination_sqlite.catalog import FieldPath, StreamSettings
from destination_sqlite.errors import DestinationError

StreamKey = tuple[str | None, str]


def quoted(name: str) -> str:
    """An SQL identifier that means exactly this name."""
    return '"' + name.replace('"', '""') + '"'


def table_names(streams: Iterable[StreamSettings]) -> dict[StreamKey, str]:
    """A table for each stream: `name`, or `namespace_name` where there is a namespace.

    SQLite does not tell upper case from lower case in names. Of streams that would share a table
    the first keeps the name, the others get a suffix that depends on nothing but themselves.
    """
    names: dict[StreamKey, str] = {}
    taken: set[str] = set()
    for stream in streams:
        plain = legal("_".join(filter(None, (stream.namespace, stream.name))))
        if plain.lower() in taken:
            digest = hashlib.sha256(f"{stream.namespace}\0{stream.name}".encode()).hexdigest()
            plain = f"{plain}_{digest[:8]}"
        taken.add(plain.lower())
        names[stream.namespace, stream.name] = plain
    return names


def legal(name: str) -> str:
    """The name, less what SQLite refuses: NUL, emptiness, its own prefix."""
    name = name.replace("\0", "_") or "_"
    return f"_{name}" if name.lower().startswith("sqlite_") else name


def expression(path: FieldPath, table: str = "") -> str:
    """SQL for a field: its column, or a place inside the JSON of its column.

    Raises:
        DestinationError: the path cannot be written as a JSON path of SQLite.
    """
    column = f"{table}.{quoted(path[0])}" if table else quoted(path[0])
    if len(path) == 1:
        return column
    if any('"' in step for step in path):
        raise DestinationError(f"cannot use the field `{'.'.join(path)}` as a key: it has a quote")
    inner = "".join(f'."{step}"' for step in path[1:]).replace("'", "''")
    return f"json_extract({column}, '${inner}')"
