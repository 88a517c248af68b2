"""The messages of a read in, one after another, what is wrong with its streams out.

Every record passes through here: what is kept per stream does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from build_config.acceptance.case import Problems
from build_config.acceptance.record_sets import RecordSet
from build_config.acceptance.stream_statuses import Statuses
from build_config.connector_protocol import state as states
from build_config.connector_protocol.catalog import ConfiguredCatalog, ConfiguredStream, StreamKey
from build_config.connector_protocol.json_schema import SchemaError, compile_schema, faults

if TYPE_CHECKING:
    from build_config.acceptance.config import Test
    from build_config.acceptance.expected_records import Expectation
    from build_config.connector_protocol.json_schema import Validator
    from build_config.connector_protocol.messages import Message


@dataclass(kw_only=True, slots=True)
class SeenStream:
    """One stream of a read.

    Attributes:
        since_state: records since its last state.
        columns: top-level fields that had a value in some record.
    """

    configured: ConfiguredStream
    validator: Validator | None
    records: RecordSet = field(default_factory=RecordSet)
    statuses: Statuses = field(default_factory=Statuses)
    since_state: int = 0
    columns: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, configured: ConfiguredStream) -> SeenStream:
        """Nothing read yet; an invalid schema is told by discovery."""
        try:
            validator = compile_schema(configured.stream.json_schema)
        except SchemaError:
            validator = None
        return cls(configured=configured, validator=validator)

    @property
    def properties(self) -> Mapping[str, Any]:
        """The columns that the schema knows."""
        properties = self.configured.stream.json_schema.get("properties")
        return properties if isinstance(properties, dict) else {}


@dataclass(kw_only=True, slots=True)
class Observation:
    """A read while it goes on; call it with each message."""

    test: Test
    streams: dict[StreamKey, SeenStream]
    expectation: Expectation | None = None
    strangers: Problems = field(default_factory=Problems)
    mismatches: Problems = field(default_factory=Problems)
    keyless: Problems = field(default_factory=Problems)
    state_problems: Problems = field(default_factory=Problems)
    _state_kinds: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls, catalog: ConfiguredCatalog, test: Test, expectation: Expectation | None = None
    ) -> Observation:
        """Of a read of this catalog."""
        streams = {entry.stream.key: SeenStream.of(entry) for entry in catalog.streams}
        return cls(test=test, streams=streams, expectation=expectation)

    def __call__(self, message: Message) -> None:
        """One more message."""
        if message.type == "RECORD":
            self._record(message.payload, message.line)
        elif message.type == "STATE":
            self._state(message.payload, message.line)
        elif message.type == "TRACE" and message.payload["type"] == "STREAM_STATUS":
            self._status(message.payload["stream_status"], message.line)

    def _record(self, record: dict[str, Any], line: int) -> None:
        key = StreamKey(record["stream"], record.get("namespace") or None)
        seen = self.streams.get(key)
        if seen is None:
            self.strangers.add(
                f"line {line}: a record of the stream `{key}`, which was not asked for"
            )
            return
        data = record["data"]
        seen.records.add(data)
        seen.since_state += 1
        seen.statuses.take_record(line)
        if self.expectation:
            self.expectation.take(key, data, line)
        if self.test.validate_schema:
            self._judge(seen, data, line)
        if self.test.validate_data_points and len(seen.columns) < len(seen.properties):
            seen.columns.update(name for name, value in data.items() if value is not None)
        for path in seen.configured.primary_key:
            if not _has(data, path):
                where = f"stream `{key}`, line {line}"
                self.keyless.add(f"{where}: the primary key `{'.'.join(path)}` is missing")

    def _judge(self, seen: SeenStream, data: dict[str, Any], line: int) -> None:
        key = seen.configured.stream.key
        if seen.validator and not seen.validator.is_valid(data):
            told = "; ".join(faults(seen.validator, data, most=3))
            self.mismatches.add(f"stream `{key}`, line {line}: {told}")
        if self.test.fail_on_extra_columns and not seen.properties.keys() >= data.keys():
            extra = ", ".join(f"`{name}`" for name in data if name not in seen.properties)
            self.mismatches.add(f"stream `{key}`, line {line}: {extra} is not in its schema")

    def _state(self, state: dict[str, Any], line: int) -> None:
        kind = states.kind(state)
        self._state_kinds.add(kind)
        if len(self._state_kinds) > 1:
            self.state_problems.add(f"line {line}: {kind} after states of another type")
            self._state_kinds = {kind}
        if kind != "STREAM":
            return
        key = StreamKey.of(state["stream"]["stream_descriptor"])
        seen = self.streams.get(key)
        if seen is None:
            self.state_problems.add(f"line {line}: a state of `{key}`, which was not asked for")
            return
        count = (state.get("sourceStats") or {}).get("recordCount")
        if isinstance(count, int | float) and count != seen.since_state:
            self.state_problems.add(
                f"stream `{key}`, line {line}: `sourceStats.recordCount` is {count:g}, "
                f"but {seen.since_state} records came since its last state"
            )
        seen.since_state = 0

    def _status(self, status: dict[str, Any], line: int) -> None:
        key = StreamKey.of(status["stream_descriptor"])
        seen = self.streams.get(key)
        if seen is None:
            self.strangers.add(
                f"line {line}: a status of the stream `{key}`, which was not asked for"
            )
        else:
            seen.statuses.take(status["status"], line)


def _has(data: Any, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(data, dict) or name not in data:
            return False
        data = data[name]
    return True
