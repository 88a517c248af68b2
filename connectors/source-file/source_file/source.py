"""The source as the CDK knows sources: a config in, streams and the answer to `check` out."""

import logging
from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    Status,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.streams import Stream

from source_file.config import parse_config
from source_file.errors import FileSourceError
from source_file.inputs import load_catalog, load_config, load_state
from source_file.stream import FileStream


class SourceFile(AbstractSource):
    """Reads the files that a config names."""

    raise_exception_on_missing_stream = True

    def check(
        self,
        logger: logging.Logger,  # noqa: ARG002 - the CDK's signature
        config: Mapping[str, Any],
    ) -> AirbyteConnectionStatus:
        """FAILED with the reason when a stream cannot be read; a sample of each is read."""
        try:
            settings = parse_config(config)
            for stream in settings.streams:
                FileStream(stream, settings.login).check()
        except FileSourceError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=str(error))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def check_connection(
        self, logger: logging.Logger, config: Mapping[str, Any]
    ) -> tuple[bool, Any | None]:
        """What `check` says, in the shape that the CDK asks of its subclasses."""
        status = self.check(logger, config)
        return status.status == Status.SUCCEEDED, status.message

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        """A stream for each entry of the config, in that order."""
        settings = parse_config(config)
        return [FileStream(stream, settings.login) for stream in settings.streams]

    read_config = staticmethod(load_config)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """The CDK's reader, with errors that name the file."""
        return load_catalog(catalog_path)

    @classmethod
    def read_state(cls, state_path: str) -> list[AirbyteStateMessage]:
        """The CDK's reader, with errors that name the file."""
        return load_state(state_path)
