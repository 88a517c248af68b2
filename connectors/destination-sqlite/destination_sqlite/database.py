"""The database file: a path in, a connection with the right settings out."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from destination_sqlite.errors import DestinationError
from destination_sqlite.names import quoted

CACHE_KIB: Final = 16 * 1024


@contextmanager
def open_database(path: str, *, busy_timeout: float) -> Iterator[sqlite3.Connection]:
    """A connection without implicit transactions; closed at the end, what is open is rolled back.

    Raises:
        DestinationError: the file cannot be opened, or is not a database.
    """
    # Large sorts need a place; in a read-only container the file's own folder is the only one.
    os.environ["SQLITE_TMPDIR"] = str(Path(path).absolute().parent)
    try:
        connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None)
    except sqlite3.Error as error:
        raise DestinationError(f"cannot open `{path}`: {error}{_reason(path)}") from error
    try:
        _configure(connection)
        yield connection
        _leave_one_file(connection)
    except sqlite3.Error as error:
        raise DestinationError(f"cannot write to `{path}`: {error}{_reason(path)}") from error
    finally:
        connection.close()


def _reason(path: str) -> str:
    """What SQLite does not say of a file that it cannot use; empty when it is something else."""
    file = Path(path).absolute()
    folder = file.parent
    if not folder.is_dir():
        return f": there is no folder `{folder}`"
    for place, name in ((folder, f"the folder `{folder}`"), (file, "the file")):
        if place.exists() and not os.access(place, os.W_OK):
            return (
                f": user id {os.getuid()} may not write to {name}; whoever owns it can allow it, "
                "for a folder with `chmod 777`"
            )
    return ""


def _configure(connection: sqlite3.Connection) -> None:
    # WAL: others can read during a sync, and a killed sync costs nothing to undo.
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    # FULL, since a state is confirmed after each commit: it has to survive a power cut as well.
    connection.execute("PRAGMA synchronous = FULL")
    # Without it a view over a table forbids to replace that table.
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def _leave_one_file(connection: sqlite3.Connection) -> None:
    """Go back to a journal that readers need no write access for, unless one is reading now."""
    connection.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()


def try_out(connection: sqlite3.Connection) -> None:
    """Create a table, write to it and drop it, for real: nothing else proves that a sync can."""
    table = quoted(f"_airbyte_check_{uuid.uuid4().hex}")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"CREATE TABLE {table} (value INTEGER)")
    connection.execute(f"INSERT INTO {table} VALUES (1)")  # noqa: S608 - quoted, and our own name
    connection.execute("COMMIT")
    connection.execute(f"DROP TABLE {table}")
