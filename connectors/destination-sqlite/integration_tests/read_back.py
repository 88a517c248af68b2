"""A config and a catalog in, what the tables of the configured streams hold out as RECORD messages.

The acceptance tests run this in the connector's image. On purpose it shares no code with it.
"""

import argparse
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

OWN = {"_airbyte_extracted_at", "_airbyte_extra", "_airbyte_meta"}


def main() -> None:
    """Print every record of every stream that has a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True)
    arguments = parser.parse_args()
    database = json.loads(arguments.config.read_bytes())["path"]
    streams = [it["stream"] for it in json.loads(arguments.catalog.read_bytes())["streams"]]
    if not Path(database).exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        for stream in streams:
            for data, emitted_at in records(connection, stream):
                record = {"stream": stream["name"], "data": data, "emitted_at": emitted_at}
                print(json.dumps({"type": "RECORD", "record": record}))  # noqa: T201 - its output


def records(
    connection: sqlite3.Connection, stream: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], int]]:
    """Each row as it was sent, and when it was emitted."""
    table = stream["name"].replace('"', '""')
    types = {
        name: kind for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")')
    }
    if not types:
        return
    for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - quoted above
        values = dict(zip(types, row, strict=True))
        data = {
            name: as_sent(value, types[name]) for name, value in values.items() if name not in OWN
        }
        data.update(json.loads(values["_airbyte_extra"] or "{}"))
        yield data, values["_airbyte_extracted_at"]


def as_sent(value: Any, sql_type: str) -> Any:
    """A value of JSON for a value of SQLite."""
    if sql_type == "BOOLEAN" and value is not None:
        return bool(value)
    is_json = sql_type == "JSON" or (sql_type == "" and str(value)[:1] in ("{", "["))
    return json.loads(value) if is_json and value is not None else value


main()
