"""A configured stream as the CDK knows streams: its schema, its slices (files), its records."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import cached_property
from itertools import islice
from typing import Any, Final

from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, SyncMode, Type
from airbyte_cdk.sources.streams import CheckpointMixin, Stream
from airbyte_protocol_dataclasses.models import (
    AirbyteRecordMessageMeta,
    AirbyteRecordMessageMetaChange,
    Change,
    Reason,
)

from source_file.config import CsvFormat, Login, StreamSettings
from source_file.errors import FileSourceError
from source_file.files import FoundFile, list_local_files
from source_file.progress import CURSOR, Progress, parse_progress, written
from source_file.records import Fitted, column_types, csv_fitter, json_fitter
from source_file.rows import RESERVED, csv_rows, json_rows
from source_file.schema import JSON_TYPES, json_schema, merge_row, type_of_cell
from source_file.web import find_web_file

SAMPLE_FILES: Final = 10
SAMPLE_ROWS: Final = 1000  # of each file
RECORDS_BETWEEN_STATES: Final = 50_000


class FileStream(Stream, CheckpointMixin):
    """All files of one configured location, oldest first.

    There is a state after each file, and every `RECORDS_BETWEEN_STATES` within a long one.
    """

    state_checkpoint_interval = RECORDS_BETWEEN_STATES

    def __init__(self, settings: StreamSettings, login: Login) -> None:
        self._settings = settings
        self._login = login
        self._progress = Progress()
        self._listed: dict[str, FoundFile] = {}
        self._configured: Mapping[str, Any] = {}

    @property
    def name(self) -> str:
        """The configured name."""
        return self._settings.name

    @property
    def primary_key(self) -> list[list[str]]:
        """The place of a record: a later version of the file has other records there."""
        return [["_file"], ["_line"]]

    @property
    def cursor_field(self) -> str | list[str]:
        """The modification time, where every file has one; some servers do not tell it."""
        return CURSOR if self._has_cursor else []

    @cached_property
    def _has_cursor(self) -> bool:
        return all(file.version.modified_at for file in self.files)

    @property
    def state(self) -> dict[str, Any]:
        """How far the stream is read; the CDK puts it into STATE messages."""
        return self._progress.state()

    @state.setter
    def state(self, value: Mapping[str, Any]) -> None:
        self._progress = parse_progress(value)

    @cached_property
    def files(self) -> list[FoundFile]:
        """Files in the order of reading: by modification time, then by name."""
        if self._settings.is_web:
            return [find_web_file(self._settings.location, self._login)]
        found = list_local_files(self._settings.location, self._settings.format)
        return sorted(found, key=lambda file: (written(file.version.modified_at) or "", file.name))

    def check(self) -> None:
        """Read a sample of the location.

        Raises:
            FileSourceError: there is no file, or a sampled one cannot be read.
        """
        if not self.files:
            raise FileSourceError(f"`{self._settings.location}` holds no file of this format")
        self.get_json_schema()

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override]  # cached below instead
        """What was inferred from a sample of the files; the same for the same files."""
        return self._sampled_schema

    @cached_property
    def _sampled_schema(self) -> Mapping[str, Any]:
        types: dict[str, str] = {}
        # By name: a touched file must not reorder or retype the columns.
        for file in sorted(self.files, key=lambda file: file.name)[:SAMPLE_FILES]:
            content, _ = file.open_bytes()
            with closing(content):
                for row in islice(self._typed_rows(content, file.name), SAMPLE_ROWS):
                    merge_row(types, row)
        return json_schema(types)

    def _typed_rows(self, content: Any, name: str) -> Iterator[Iterable[tuple[str, str]]]:
        file_format = self._settings.format
        if isinstance(file_format, CsvFormat):
            rows = csv_rows(content, name=name, file_format=file_format)
            header = next(rows, (0, []))[1]
            yield [(column, "null") for column in header]
            for _, cells in rows:
                types = (type_of_cell(cell, file_format.null_values) for cell in cells)
                yield zip(header, types, strict=False)
        else:
            for _, row in json_rows(content, name=name, file_format=file_format):
                yield [
                    (key, JSON_TYPES[type(value)])
                    for key, value in row.items()
                    if key not in RESERVED
                ]

    @property
    def configured_json_schema(self) -> dict[str, Any] | None:
        """The schema of the configured catalog, which records must match."""
        return dict(self._configured)

    @configured_json_schema.setter
    def configured_json_schema(self, json_schema: dict[str, Any]) -> None:
        # What was discovered is what the destination expects, whatever the files look like today.
        self._configured = json_schema

    def stream_slices(
        self,
        *,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any]]:
        """One slice for each file that has something new."""
        if sync_mode == SyncMode.full_refresh:
            self._progress = Progress()
        self._listed = {file.name: file for file in self.files if self._progress.wants(file)}
        return [{"file": name} for name in self._listed]

    def read_records(
        self,
        sync_mode: SyncMode,  # noqa: ARG002 - the CDK's signature
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[AirbyteMessage]:
        """Records of one file, from where an earlier read of the same content stopped."""
        file = self._listed[(stream_slice or {})["file"]]
        content, version = file.open_bytes()
        with closing(content):
            done = self._progress.start(file.name, version)
            current = self._progress.current
            if current is None:  # for the type checker: start() has just set it
                return
            modified_at = written(version.modified_at)
            for line, fitted in self._fitted_rows(content, file.name):
                if line <= done:
                    continue
                fitted.data.update(_file=file.name, _line=line, _file_modified_at=modified_at)
                current["line"] = line
                yield self._message(fitted)
        self._progress.finish(file.name, version)

    def _fitted_rows(self, content: Any, name: str) -> Iterator[tuple[int, Fitted]]:
        schema = self._configured if self._configured.get("properties") else self.get_json_schema()
        columns = column_types(schema)
        file_format = self._settings.format
        if isinstance(file_format, CsvFormat):
            rows = csv_rows(content, name=name, file_format=file_format)
            header = next(rows, (0, []))[1]
            fit = csv_fitter(columns, header, file_format.null_values)
            return ((line, fit(cells)) for line, cells in rows)
        fit_object = json_fitter(columns)
        objects = json_rows(content, name=name, file_format=file_format)
        return ((line, fit_object(row)) for line, row in objects)

    def _message(self, fitted: Fitted) -> AirbyteMessage:
        record = AirbyteRecordMessage(
            stream=self._settings.name, data=fitted.data, emitted_at=time.time_ns() // 1_000_000
        )
        if fitted.misfits:
            record.meta = AirbyteRecordMessageMeta(
                changes=[
                    AirbyteRecordMessageMetaChange(
                        field=column, change=Change.NULLED, reason=Reason.SOURCE_SERIALIZATION_ERROR
                    )
                    for column in fitted.misfits
                ]
            )
        return AirbyteMessage(type=Type.RECORD, record=record)
