"""Names of streams and fields: any text in, names that PostgreSQL keeps as they are out."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from postgres_base.names import qualified

from destination_postgres.catalog import StreamKey, StreamSettings

LONGEST: Final = 63  # bytes; the server cuts off the rest, and two names may become one
SYSTEM_COLUMNS: Final = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TableName:
    """Where a stream goes."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """As SQL writes it."""
        return qualified(self.schema, self.name)

    def beside(self, prefix: str) -> "TableName":
        """A name in the same schema that nothing else has."""
        return TableName(schema=self.schema, name=legal(f"{prefix}{self.name}"))


def table_names(streams: Iterable[StreamSettings], schema: str) -> dict[StreamKey, TableName]:
    """A table for each stream, in the schema of its namespace, else in `schema`.

    Of streams that would share a table the first keeps the name, the others get a suffix that
    depends on nothing but themselves.
    """
    names: dict[StreamKey, TableName] = {}
    for stream in streams:
        name = TableName(schema=legal(stream.namespace or schema), name=legal(stream.name))
        if name in names.values():
            name = TableName(schema=name.schema, name=legal(stream.name, always=True))
        names[stream.key] = name
    return names


def legal(name: str, *, always: bool = False) -> str:
    """The name without NUL, not empty, and at most 63 bytes: of a longer one the start and a hash.

    `always` adds the hash to short names as well.
    """
    cleaned = name.replace("\0", "_").encode("utf-8", "replace").decode() or "_"
    encoded = cleaned.encode()
    if len(encoded) <= LONGEST and not always:
        return cleaned
    suffix = "_" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return encoded[: LONGEST - len(suffix)].decode("utf-8", "ignore") + suffix


def legal_column(name: str) -> str:
    """The name for a column; those that every table has already get an underscore."""
    return f"_{name}" if name in SYSTEM_COLUMNS else legal(name)
