"""A source as a tuple of streams: a command's request in, messages out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from base_python.catalog import ConfiguredStream, load_streams
from base_python.command_line import Connector, Request, main
from base_python.errors import ConnectorError

Config = Mapping[str, Any]
Record = Mapping[str, Any]
Cursor = str | int | float

RECORDS_BETWEEN_STATES: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """One stream of a source.

    Attributes:
        json_schema: of its records.
        read: gives the records for a config and a value of the cursor; None is the beginning. It
            begins with the records *at* that value: one more may have got it since. A stream
            without a cursor is always handed None.
        primary_key: names of the fields that tell two records apart; may be empty.
        cursor_field: the field in whose order `read` gives the records, never going back, which
            makes the stream incremental; empty: it is read as a whole each time.
    """

    name: str
    json_schema: Mapping[str, Any]
    read: Callable[[Config, Cursor | None], Iterable[Record]]
    primary_key: tuple[str, ...] = ()
    cursor_field: str = ""

    def described(self) -> dict[str, Any]:
        """The stream as a catalog describes it."""
        described: dict[str, Any] = {
            "name": self.name,
            "json_schema": self.json_schema,
            "supported_sync_modes": ["full_refresh"],
            "source_defined_primary_key": [[name] for name in self.primary_key],
        }
        if self.cursor_field:
            described["supported_sync_modes"].append("incremental")
            described |= {
                "source_defined_cursor": True,
                "default_cursor_field": [self.cursor_field],
                "is_resumable": True,
            }
        return described


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A source.

    Attributes:
        specification: what `spec` answers.
        check: raises ConnectorError when nothing can be read with a config.
    """

    specification: Mapping[str, Any]
    check: Callable[[Config], object]
    streams: tuple[Stream, ...]

    def run(self, arguments: list[str]) -> int:
        """Run one command of the protocol; the exit code."""
        commands = {"check": self._check, "discover": self._discover, "read": self._read}
        return main(Connector(specification=self.specification, commands=commands), arguments)

    def _check(self, request: Request) -> None:
        self.check(request.config)

    def _discover(self, request: Request) -> None:
        catalog = {"streams": [stream.described() for stream in self.streams]}
        request.output.message("CATALOG", "catalog", catalog)

    def _read(self, request: Request) -> None:
        """One stream after the other; one that fails does not stop the others."""
        known = {stream.name: stream for stream in self.streams}
        wanted = load_streams(request.catalog_path, request.state_path)
        for configured in wanted:
            if configured.name not in known:
                raise ConnectorError(
                    f"there is no stream `{configured.name}`: use one of {', '.join(known)}"
                )
        failures = [
            (configured.name, error)
            for configured in wanted
            if (error := _read_or_tell(request, known[configured.name], configured))
        ]
        if failures:
            names = ", ".join(f"`{name}`" for name, _ in failures)
            raise ConnectorError(f"not all streams were read: {names}", failures[0][1].failure_type)


def _read_or_tell(
    request: Request, stream: Stream, configured: ConfiguredStream
) -> ConnectorError | None:
    output, descriptor = request.output, configured.descriptor
    output.status(descriptor, "STARTED")
    try:
        _read_stream(request, stream, configured)
    except ConnectorError as error:
        output.error(error, descriptor)
        output.status(descriptor, "INCOMPLETE")
        return error
    output.status(descriptor, "COMPLETE")
    return None


def _read_stream(request: Request, stream: Stream, configured: ConfiguredStream) -> None:
    """Write records, and states where the cursor moves on: all records below it are written."""
    is_incremental = configured.sync_mode == "incremental"
    if is_incremental and not stream.cursor_field:
        raise ConnectorError(f"stream `{stream.name}` can only be read as a full refresh")
    output, descriptor = request.output, configured.descriptor
    cursor = _cursor_in(configured, stream.cursor_field) if is_incremental else None
    unsaved = 0
    for record in stream.read(request.config, cursor):
        if is_incremental:
            value = _moved(stream, cursor, record)
            if unsaved >= RECORDS_BETWEEN_STATES and value != cursor:
                output.state(descriptor, {stream.cursor_field: cursor})
                unsaved = 0
            cursor = value
        output.record(descriptor, record)
        unsaved += 1
    if is_incremental:
        output.state(descriptor, {stream.cursor_field: cursor} if cursor is not None else {})


def _cursor_in(configured: ConfiguredStream, field: str) -> Cursor | None:
    value = configured.state.get(field)
    if value is not None and not isinstance(value, Cursor):
        raise ConnectorError(
            f"stream `{configured.name}`: its state says `{field}: {value}`, "
            "which is neither text nor a number"
        )
    return value


def _moved(stream: Stream, cursor: Cursor | None, record: Record) -> Any:
    """The cursor after a record; records that are not in its order would be lost one day."""
    value = record.get(stream.cursor_field)
    try:
        goes_back = value is None or (cursor is not None and value < cursor)
    except TypeError:
        goes_back = True
    if goes_back:
        raise ConnectorError(
            f"stream `{stream.name}`: `{stream.cursor_field}` is `{value}` after `{cursor}`: "
            "its `read` must give records in the order of the cursor",
            "system_error",
        )
    return value
