"""The commands of the source: a request in, messages out."""

from collections.abc import Mapping
from typing import Any

from base_python.command_line import Request
from base_python.errors import ConnectorError
from postgres_base.connection import connected, translated
from postgres_base.errors import CannotConnectError
from psycopg import Error

from source_postgres.catalog import StreamSettings, load_streams
from source_postgres.reading import StreamReader
from source_postgres.tables import Connection, Table, find_tables, missing_schemas


def _schemas(config: Mapping[str, Any]) -> list[str]:
    return list(config.get("schemas", ["public"]))


def check(request: Request) -> str | None:
    """Why the config does not work: no connection, or a schema that is not there."""
    schemas = _schemas(request.config)
    with connected(request.config) as connection:
        missing = missing_schemas(connection, schemas)
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            return f"no such schema, or no right to use it: {names}"
        find_tables(connection, schemas)
    return None


def discover(request: Request) -> None:
    """Write the catalog: a stream for each table and view."""
    with connected(request.config) as connection:
        tables = find_tables(connection, _schemas(request.config))
    catalog = {"streams": [table.stream() for table in tables]}
    request.output.message("CATALOG", "catalog", catalog)


def read(request: Request) -> None:
    """Write the records of all configured streams; one that fails does not stop the others.

    Raises:
        CannotConnectError: there is no server any more.
        ConnectorError: some streams failed, each of which has said why.
    """
    streams = load_streams(request.catalog_path, request.state_path)
    failures = [
        (stream.name, error) for stream in streams if (error := _read_stream(request, stream))
    ]
    if failures:
        names = ", ".join(f"`{name}`" for name, _ in failures)
        raise ConnectorError(f"not all streams were read: {names}", failures[0][1].failure_type)


def _read_stream(request: Request, settings: StreamSettings) -> ConnectorError | None:
    output = request.output
    output.status(settings.descriptor, "STARTED")
    try:
        # A connection each: what is wrong with one stream cannot be wrong with the next.
        with connected(request.config) as connection:
            _read_table(request, settings, connection)
    except ConnectorError as error:
        output.flush()
        output.error(error, settings.descriptor)
        output.status(settings.descriptor, "INCOMPLETE")
        if isinstance(error, CannotConnectError):
            raise
        return error
    output.status(settings.descriptor, "COMPLETE")
    return None


def _read_table(request: Request, settings: StreamSettings, connection: Connection) -> None:
    table = _table(request, settings, connection)
    # Rows in the order in which they lie: two reads of the same rows are the same.
    connection.execute("SET synchronize_seqscans = off")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # Functions that views call may count on the path that the database or the user sets.
    connection.execute("SET LOCAL search_path TO DEFAULT")
    checkpoint_records = int(request.config.get("checkpoint_records", 10_000))
    try:
        StreamReader(connection, request.output, settings, table, checkpoint_records).read()
    except Error as error:
        said = translated(error)
        raise ConnectorError(f"stream `{settings.name}`: {said}", said.failure_type) from error


def _table(request: Request, settings: StreamSettings, connection: Connection) -> Table:
    schemas = [settings.namespace] if settings.namespace else _schemas(request.config)
    tables = find_tables(connection, schemas, settings.name)
    if len(tables) != 1:
        places = " or ".join(f"`{schema}`" for schema in schemas)
        what = "in more than one of" if tables else "not in"
        raise ConnectorError(f"stream `{settings.name}`: a table of this name is {what} {places}")
    return tables[0]
