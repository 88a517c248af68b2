"""The destination as the CDK knows destinations: `check`, and `write` from standard input."""

import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    Status,
)

from destination_sqlite.catalog import load_config, load_streams, parse_streams
from destination_sqlite.database import open_database, try_out
from destination_sqlite.errors import DestinationError
from destination_sqlite.lines import read_lines
from destination_sqlite.sync import Sync

CHECK_TIMEOUT = 5.0


class DestinationSqlite(Destination):
    """Writes streams into the tables of one SQLite file."""

    read_config = staticmethod(load_config)

    def check(
        self,
        logger: logging.Logger,  # noqa: ARG002 - the CDK's signature
        config: Mapping[str, Any],
    ) -> AirbyteConnectionStatus:
        """FAILED with the reason unless a table can be made, filled and dropped."""
        try:
            with open_database(config["path"], busy_timeout=CHECK_TIMEOUT) as connection:
                try_out(connection)
        except DestinationError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterable[AirbyteMessage]:
        """The CDK's interface for callers in Python; the image itself takes the way below."""
        catalog = ConfiguredAirbyteCatalogSerializer.dump(configured_catalog)
        confirmed: list[bytes] = []
        with open_database(config["path"], busy_timeout=_timeout(config)) as connection:
            sync = Sync(connection, parse_streams(catalog), confirmed.append)
            for message in input_messages:
                sync.accept(orjson.dumps(AirbyteMessageSerializer.dump(message)))
                yield from _loaded(confirmed)
            sync.finish()
        yield from _loaded(confirmed)

    def _run_write(
        self,
        config: Mapping[str, Any],
        configured_catalog_path: str,
        input_stream: io.TextIOWrapper,
    ) -> Iterable[AirbyteMessage]:
        """From line to row without the CDK's messages in between, and states byte for byte.

        The CDK's classes would drop the fields that they do not know, and cost more than SQLite.
        """
        streams = load_streams(configured_catalog_path)
        with (
            _states_output() as confirm,
            open_database(config["path"], busy_timeout=_timeout(config)) as connection,
        ):
            sync = Sync(connection, streams, confirm)
            for line in read_lines(input_stream.fileno(), patience=sync.patience):
                if line is None:
                    sync.commit()
                else:
                    sync.accept(line)
            sync.finish()
        return ()


def _timeout(config: Mapping[str, Any]) -> float:
    return float(config.get("busy_timeout", 30))


@contextmanager
def _states_output() -> Iterator[Callable[[bytes], None]]:
    """A function that writes a whole line at once, past the buffer of the CDK's log messages."""
    output = open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 - a descriptor; closing it would flush a second time after an error

    def confirm(state: bytes) -> None:
        output.write(state + b"\n")
        output.flush()

    yield confirm


def _loaded(confirmed: list[bytes]) -> Iterator[AirbyteMessage]:
    while confirmed:
        yield AirbyteMessageSerializer.load(orjson.loads(confirmed.pop(0)))
