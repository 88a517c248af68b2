"""A destination as a function that opens writers: a command's request in, states out."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from base_python.catalog import ConfiguredStream, load_streams
from base_python.command_line import Connector, Request, main
from base_python.errors import ConnectorError
from base_python.lines import read_lines
from base_python.sync import Sync, Writer

Config = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A destination.

    Attributes:
        specification: what `spec` answers; it says which modes there are.
        check: raises ConnectorError when nothing can be written with a config.
        open_writer: gives the writer of one stream.
    """

    specification: Mapping[str, Any]
    check: Callable[[Config], object]
    open_writer: Callable[[Config, ConfiguredStream], Writer]

    def run(self, arguments: list[str]) -> int:
        """Run one command of the protocol; the exit code."""
        commands = {"check": self._check, "write": self._write}
        return main(Connector(specification=self.specification, commands=commands), arguments)

    def _check(self, request: Request) -> None:
        self.check(request.config)

    def _write(self, request: Request) -> None:
        streams = load_streams(request.catalog_path)
        modes = self.specification["supported_destination_sync_modes"]
        for stream in streams:
            if stream.destination_sync_mode not in modes:
                raise ConnectorError(
                    f"stream `{stream.name}`: cannot do `{stream.destination_sync_mode}`; "
                    f"use one of {', '.join(modes)}"
                )
        writers = [(stream, self.open_writer(request.config, stream)) for stream in streams]
        sync = Sync(writers, request.output)
        for line in read_lines(sys.stdin.fileno(), patience=sync.patience):
            if line is None:
                sync.save()
            else:
                sync.accept(line)
        sync.finish()
