"""The manifest as a source of the CDK, with the CDK's own leniencies taken back."""

import ast
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from airbyte_cdk.sources.declarative.parsers.custom_code_compiler import (
    AirbyteCustomCodeNotPermittedError,
)
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from jsonschema.exceptions import ValidationError

from base_declarative.errors import BrokenManifestError, InputError


class ManifestSource(ConcurrentDeclarativeSource):
    """A source that is only a manifest."""

    def configure(
        self,
        config: Mapping[str, Any],
        temp_dir: str,  # noqa: ARG002 - the CDK's signature
    ) -> Mapping[str, Any]:
        """The config after its migrations; the CDK would write it, secrets and all, to a file."""
        return self._config or config

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """What the CDK says, which shows its reason as Python would: in quotes, with escapes."""
        status = super().check(logger, config)
        with suppress(ValueError, SyntaxError):
            status.message = status.message and str(ast.literal_eval(status.message))
        return status

    def _select_streams(
        self, streams: list[AbstractStream], configured_catalog: ConfiguredAirbyteCatalog
    ) -> list[AbstractStream]:
        """The CDK calls a stream that does not exist incomplete, and the sync a success."""
        known = [stream.name for stream in streams]
        for configured in configured_catalog.streams:
            if configured.stream.name not in known:
                raise InputError(
                    f"the catalog asks for the stream `{configured.stream.name}`, "
                    f"which is not one of this source: {', '.join(known) or 'it has none'}"
                )
        return super()._select_streams(streams, configured_catalog)


def make_source(
    manifest: Mapping[str, Any],
    config: Mapping[str, Any],
    catalog: ConfiguredAirbyteCatalog,
    state: list[AirbyteStateMessage],
) -> ManifestSource:
    """The source; custom components have been refused before, and are once more.

    Raises:
        BrokenManifestError: the manifest is not one.
        InputError: the config brings Python code.
    """
    try:
        return ManifestSource(
            catalog=catalog,
            config=config,
            state=state,
            source_config=dict(manifest),
            custom_components_trusted=False,
        )
    except ValidationError as error:
        raise BrokenManifestError(f"the manifest is not valid: {_why(error)}") from error
    except AirbyteCustomCodeNotPermittedError as error:
        raise InputError("the config brings Python code of its own, which is never run") from error


def _why(error: ValidationError) -> str:
    """The CDK's best match, with its place; the text may quote the whole manifest."""
    cause = error.__cause__ if isinstance(error.__cause__, ValidationError) else error
    message = cause.message if len(cause.message) < 500 else f"{cause.message[:500]} …"
    return f"`{cause.json_path}`: {message}"
