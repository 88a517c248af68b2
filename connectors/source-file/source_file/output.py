"""What `read` prints: the CDK's messages in, lines of JSON out, nulls included."""

from typing import Any

import orjson
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage
from airbyte_cdk.sources import Source


def print_read(source: Source, entrypoint: AirbyteEntrypoint, arguments: list[str]) -> None:
    """The CDK's `read`, except for how records are written (see `line_of`)."""
    parsed = entrypoint.parse_args(arguments)
    config = source.read_config(parsed.config)
    catalog = source.read_catalog(parsed.catalog)
    state = source.read_state(parsed.state)
    specification = source.spec(entrypoint.logger)
    with PRINT_BUFFER:
        for message in entrypoint.read(specification, config, catalog, state):
            PRINT_BUFFER.write(line_of(message) + "\n")


def line_of(message: AirbyteMessage) -> str:
    """One message as JSON.

    The CDK's serializer leaves out every null of a record's data: a null and a missing field would
    look alike to the destination. So records are written here, everything else by the CDK.
    """
    if message.record is None:
        return AirbyteEntrypoint.airbyte_message_to_string(message)
    return orjson.dumps({"type": "RECORD", "record": _record(message.record)}).decode()


def _record(record: AirbyteRecordMessage) -> dict[str, Any]:
    written: dict[str, Any] = {
        "stream": record.stream,
        "data": record.data,
        "emitted_at": record.emitted_at,
    }
    if record.meta and record.meta.changes:
        written["meta"] = {
            "changes": [
                {"field": it.field, "change": it.change.value, "reason": it.reason.value}
                for it in record.meta.changes
            ]
        }
    return written
