"""The CDK's messages in, lines of JSON out, the nulls of records included."""

from collections.abc import Iterable
from typing import Any

import orjson
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage


def print_messages(messages: Iterable[AirbyteMessage]) -> None:
    """Write each as a line, among what the CDK logs from its threads."""
    try:
        for message in messages:
            PRINT_BUFFER.write(line_of(message) + "\n")
    finally:
        PRINT_BUFFER.flush()


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
    if record.namespace is not None:
        written["namespace"] = record.namespace
    if record.meta and record.meta.changes:
        written["meta"] = {
            "changes": [
                {"field": it.field, "change": it.change.value, "reason": it.reason.value}
                for it in record.meta.changes
            ]
        }
    return written
