"""The streams: a config in, records out. This is the file to change first.

The sample reads files of the image; put the calls of your API or database in their place.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from base_python.errors import ConnectorError
from base_python.source import Config, Cursor, Record, Stream


def check(config: Config) -> None:
    """Do the least that shows that a config works.

    Raises:
        ConnectorError: it does not; the message is what the user reads.
    """
    for _ in _rows(config, "products"):
        return


def read_products(config: Config, _cursor: Cursor | None) -> Iterator[Record]:
    """All products, each time."""
    yield from _rows(config, "products")


def read_orders(config: Config, cursor: Cursor | None) -> Iterator[Record]:
    """Orders by their last change: those since `start_date`, or since the cursor of a state.

    Times are text in UTC of one format, so they can be compared as they are.
    """
    since = cursor or config.get("start_date") or ""
    changed = [row for row in _rows(config, "orders") if row["updated_at"] >= since]
    yield from sorted(changed, key=lambda row: (row["updated_at"], row["id"]))


STREAMS = (
    Stream(
        name="products",
        read=read_products,
        primary_key=("id",),
        json_schema={
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                "price": {"type": ["null", "number"]},
            },
        },
    ),
    Stream(
        name="orders",
        read=read_orders,
        primary_key=("id",),
        cursor_field="updated_at",
        json_schema={
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "product_id": {"type": "integer"},
                "quantity": {"type": "integer"},
                "updated_at": {
                    "type": "string",
                    "format": "date-time",
                    "airbyte_type": "timestamp_with_timezone",
                },
            },
        },
    ),
)


def _rows(config: Config, name: str) -> Iterator[dict[str, Any]]:
    path = Path(config["folder"]) / f"{name}.jsonl"
    try:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except OSError as error:
        raise ConnectorError(f"cannot read `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise ConnectorError(f"`{path}` is not JSON Lines: {error}") from error
