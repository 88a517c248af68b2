"""What is in the database: a connection in, tables and views with their columns and keys out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from source_postgres.types import Column, schema_of, shape_of

Connection = psycopg.Connection[tuple[Any, ...]]

# Partitions are read through their table. Views and foreign tables are read like tables.
_RELATIONS: Final = """
SELECT c.oid, n.nspname, c.relname,
    ARRAY(SELECT a.attname FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute AS a ON a.attnum = k.number
        WHERE i.indrelid = c.oid AND a.attrelid = c.oid AND i.indisprimary ORDER BY k.place)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
    AND CASE WHEN cardinality(%(schemas)s::text[]) > 0 THEN n.nspname = ANY (%(schemas)s)
        ELSE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%%' END
    AND (%(name)s::text IS NULL OR c.relname = %(name)s)
ORDER BY n.nspname, c.relname
"""
# A domain stands on a type that may be a domain again.
_COLUMNS: Final = """
WITH RECURSIVE bases AS (
    SELECT a.attrelid, a.attnum, a.attname, a.attnotnull, a.atttypid AS type,
        a.atttypmod AS modifier
    FROM pg_attribute AS a
    WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
        AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
    UNION ALL
    SELECT b.attrelid, b.attnum, b.attname, b.attnotnull, t.typbasetype, t.typtypmod
    FROM bases AS b JOIN pg_type AS t ON t.oid = b.type AND t.typtype = 'd'
)
SELECT b.attrelid, b.attname, b.attnotnull, b.modifier,
    CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname ELSE '' END,
    t.typtype::text, CASE WHEN t.typcategory = 'A' THEN e.typname END, format_type(t.oid, -1)
FROM bases AS b JOIN pg_type AS t ON t.oid = b.type AND t.typtype <> 'd'
    LEFT JOIN pg_type AS e ON e.oid = t.typelem
ORDER BY b.attrelid, b.attnum
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table or view: what can be read of it."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def stream(self) -> dict[str, Any]:
        """The table as a stream of a catalog."""
        modes = ["full_refresh"]
        if any(shape_of(column).is_cursor for column in self.columns):
            modes.append("incremental")
        described: dict[str, Any] = {
            "name": self.name,
            "namespace": self.schema,
            "json_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "additionalProperties": True,
                "properties": {column.name: schema_of(column) for column in self.columns},
            },
            "supported_sync_modes": modes,
            "source_defined_cursor": False,
        }
        if self.primary_key:
            described["source_defined_primary_key"] = [[name] for name in self.primary_key]
        return described


def find_tables(
    connection: Connection, schemas: Sequence[str], name: str | None = None
) -> list[Table]:
    """Tables and views that this user may read, by schema and name; no schemas are all of them."""
    relations = connection.execute(
        _RELATIONS, {"schemas": list(schemas), "name": name}, prepare=False
    ).fetchall()
    columns: dict[int, list[Column]] = {oid: [] for oid, *_ in relations}
    for oid, column in _columns(connection, columns):
        columns[oid].append(column)
    return [
        Table(
            schema=schema,
            name=relation,
            columns=tuple(columns[oid]),
            # Of a key with a column that may not be read the rest is no key.
            primary_key=tuple(key) if set(key) <= {it.name for it in columns[oid]} else (),
        )
        for oid, schema, relation, key in relations
    ]


def _columns(connection: Connection, relations: Iterable[int]) -> Iterable[tuple[int, Column]]:
    rows = connection.execute(_COLUMNS, (list(relations),))
    for oid, name, is_required, modifier, type_name, kind, element, cast in rows:
        yield (
            oid,
            Column(
                name=name,
                type_name=type_name,
                kind=kind,
                modifier=modifier,
                element=element,
                cast=cast,
                is_required=is_required,
            ),
        )


def missing_schemas(connection: Connection, schemas: Sequence[str]) -> list[str]:
    """Those of the schemas that do not exist or may not be used."""
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace"
        " WHERE nspname = ANY (%s) AND has_schema_privilege(oid, 'USAGE')",
        (list(schemas),),
    )
    found = {name for (name,) in rows}
    return [schema for schema in schemas if schema not in found]
