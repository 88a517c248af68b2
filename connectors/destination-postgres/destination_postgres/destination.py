"""The commands of the destination: a request in, tables and confirmed states out."""

from base_python.command_line import Request
from base_python.lines import read_lines
from postgres_base.connection import connected

from destination_postgres.catalog import load_streams
from destination_postgres.naming import legal, table_names
from destination_postgres.schema import lock, make_schema, try_out
from destination_postgres.sync import Sync

STANDARD_INPUT = 0
LOCK_SECONDS = 60


def check(request: Request) -> None:
    """Make a table, fill it, drop it.

    Raises:
        ConnectorError: that does not work.
    """
    with connected(request.config) as connection:
        try_out(connection, legal(request.config.get("schema", "public")))


def write(request: Request) -> None:
    """Write what comes on standard input, and each state once all before it is committed.

    Raises:
        ConnectorError: the catalog, the input or the server is not as it should be.
    """
    streams = load_streams(request.catalog_path)
    tables = table_names(streams, request.config.get("schema", "public"))
    with connected(request.config) as connection:
        connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        for schema in sorted({table.schema for table in tables.values()}):
            make_schema(connection, schema)
        lock(connection, tables.values())
        sync = Sync(connection, streams, tables, request.output)
        for line in read_lines(STANDARD_INPUT, patience=sync.patience):
            if line is None:
                sync.commit()
            else:
                sync.accept(line)
        sync.finish()
