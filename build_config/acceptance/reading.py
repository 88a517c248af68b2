"""A test of a read in, its configured catalog and the read itself out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from build_config.acceptance import fixtures
from build_config.acceptance.discovery import streams
from build_config.acceptance.fixtures import FixtureError
from build_config.connector_protocol.catalog import (
    ConfiguredCatalog,
    ConfiguredStream,
    configured,
)
from build_config.connector_protocol.json_schema import compile_schema, faults
from build_config.connector_protocol.schemas import configured_catalog_schema

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer, Listen

FULL_REFRESH: Final = "full_refresh"
INCREMENTAL: Final = "incremental"


async def usual_catalog(bench: Bench, test: Test) -> ConfiguredCatalog:
    """The test's configured catalog as it is written; else all streams, in full refresh.

    JSON schemas are those that the source discovers now.

    Raises:
        FixtureError: the file cannot be used, names unknown streams, or nothing was discovered.
        StepError: the engine cannot start the container.
    """
    answer = await bench.discover(test)
    found = streams(answer)
    if not found:
        told = answer.faults or answer.story
        raise FixtureError(f"discover gives no streams to read: {told}")
    if not test.configured_catalog_path:
        return ConfiguredCatalog.of(found, sync_mode=FULL_REFRESH)
    catalog = _read_catalog(bench, test.configured_catalog_path)
    known = {stream.key: stream for stream in found}
    unknown = [str(entry.stream.key) for entry in catalog.streams if entry.stream.key not in known]
    if unknown:
        raise FixtureError(
            f"`{test.configured_catalog_path}` names streams that are not discovered: "
            f"{', '.join(unknown)}"
        )
    return catalog.with_schemas_of(known)


def in_full_refresh(catalog: ConfiguredCatalog) -> ConfiguredCatalog:
    """The same streams, all in full refresh."""
    return ConfiguredCatalog(
        streams=tuple(_in_mode(entry, FULL_REFRESH) for entry in catalog.streams)
    )


def in_incremental(catalog: ConfiguredCatalog) -> ConfiguredCatalog:
    """The streams that can be read incrementally, in that mode."""
    can = (entry for entry in catalog.streams if INCREMENTAL in entry.stream.sync_modes)
    return ConfiguredCatalog(streams=tuple(_in_mode(entry, INCREMENTAL) for entry in can))


async def read(
    bench: Bench,
    test: Test,
    catalog: ConfiguredCatalog,
    *,
    listen: Listen,
    state: bytes | None = None,
) -> Answer:
    """Run `read` to its end.

    Raises:
        FixtureError: the config is not there.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    files = {"config.json": bench.config_bytes(test), "catalog.json": catalog.to_bytes()}
    if state is not None:
        files["state.json"] = state
    return await bench.ask(bench.container("read", test, files=files), listen=listen)


def _in_mode(entry: ConfiguredStream, mode: str) -> ConfiguredStream:
    if entry.sync_mode == mode:
        return entry
    usual = configured(entry.stream, sync_mode=mode)
    cursor = {"cursor_field": list(entry.cursor)} if entry.cursor and mode == INCREMENTAL else {}
    document = {**entry.document, **usual.document, **cursor}
    return replace(ConfiguredStream.from_document(document), stream=entry.stream)


def _read_catalog(bench: Bench, path: str) -> ConfiguredCatalog:
    document = fixtures.read_object(bench.subject.folder, path)
    validator = compile_schema(configured_catalog_schema(bench.subject.settings.level))
    wrong = faults(validator, document)
    if wrong:
        raise FixtureError(f"`{path}` is not a configured catalog: {'; '.join(wrong)}")
    return ConfiguredCatalog.from_document(document)
