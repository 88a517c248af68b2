"""A config and a catalog in, what the tables of the configured streams hold out as RECORD messages.

The acceptance tests run this in the connector's image. On purpose it shares no code with it.
"""

import argparse
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+\+00:00")
OWN = ("_airbyte_extracted_at", "_airbyte_extra", "_airbyte_meta", "_airbyte_key")


def main() -> None:
    """Print every record of every stream that has a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True)
    arguments = parser.parse_args()
    config = json.loads(arguments.config.read_bytes())
    streams = [it["stream"] for it in json.loads(arguments.catalog.read_bytes())["streams"]]
    with psycopg.connect(
        host=config["host"],
        port=config["port"],
        dbname=config["database"],
        user=config["username"],
        password=config["password"],
        options="-c TimeZone=UTC",
    ) as connection:
        for stream in streams:
            for data in records(connection, stream):
                record = {"stream": stream["name"], "data": data, "emitted_at": 0}
                print(json.dumps({"type": "RECORD", "record": record}))  # noqa: T201 - its output


def records(
    connection: psycopg.Connection[tuple[Any, ...]], stream: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Each row as it was sent."""
    table = psycopg.sql.Identifier("public", stored(stream["name"]))
    found = connection.execute("SELECT to_regclass(%s)", (table.as_string(connection),)).fetchone()
    if found == (None,):
        return
    fields = {stored(field): field for field in stream["json_schema"].get("properties") or {}}
    query = psycopg.sql.SQL("SELECT row_to_json(t.*)::text FROM {} AS t").format(table)
    for (text,) in connection.execute(query):
        row = json.loads(text, parse_int=number)
        data = {fields[name]: as_sent(value) for name, value in row.items() if name not in OWN}
        yield data | (row["_airbyte_extra"] or {})


def as_sent(value: Any) -> Any:
    """A moment in UTC the shorter way."""
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return value.removesuffix("+00:00") + "Z"
    return value


def number(text: str) -> int | float:
    """A whole number of 64 bits, or what was a float."""
    return int(text) if len(text.lstrip("-")) <= 19 else float(text)


def stored(name: str) -> str:
    """How the destination documents it: at most 63 bytes, of a longer name the start and a hash."""
    if len(name.encode()) <= 63:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[:54].decode(errors='ignore')}_{digest}"


main()
