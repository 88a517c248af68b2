"""A manifest and parsed arguments in, the messages of one command out."""

import logging
import os
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import init_logger
from airbyte_cdk.models import AirbyteMessage, ConfiguredAirbyteCatalog, Type
from airbyte_cdk.utils.constants import ENV_REQUEST_CACHE_PATH

from base_declarative.inputs import load_catalog, load_config, load_state
from base_declarative.output import print_messages
from base_declarative.source import make_source


def run_command(manifest: Mapping[str, Any], arguments: Namespace) -> None:
    """Print what the command says; the CDK's hook makes a TRACE message of what it raises."""
    init_uncaught_exception_handler(init_logger("airbyte"))
    with _request_cache():
        print_messages(_messages(manifest, arguments))


def _messages(manifest: Mapping[str, Any], arguments: Namespace) -> Iterator[AirbyteMessage]:
    given = load_config(arguments.config) if arguments.config else {}
    catalog = _catalog(arguments.catalog)
    state = load_state(arguments.state)
    source = make_source(manifest, given, catalog, state)
    entrypoint = AirbyteEntrypoint(source)
    specification = source.spec(logging.getLogger("airbyte"))
    config = source.configure(given, "")
    if arguments.command == "spec":
        yield AirbyteMessage(type=Type.SPEC, spec=specification)
    elif arguments.command == "check":
        yield from entrypoint.check(specification, config)
    elif arguments.command == "discover":
        yield from entrypoint.discover(specification, config)
    else:
        yield from entrypoint.read(specification, config, catalog, state)


def _catalog(path: str | None) -> ConfiguredAirbyteCatalog:
    return load_catalog(path) if path else ConfiguredAirbyteCatalog(streams=[])


@contextmanager
def _request_cache() -> Iterator[None]:
    """Where the CDK keeps answers that several streams ask for: in memory unless there is a disk.

    Shared memory would do as well as a disk, but is small by default: a full one ends the sync.
    """
    with ExitStack() as stack:
        # A read-only file system without a `/tmp` of its own has no place for it.
        with suppress(FileNotFoundError):
            folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            os.environ[ENV_REQUEST_CACHE_PATH] = stack.enter_context(folder)
        yield
