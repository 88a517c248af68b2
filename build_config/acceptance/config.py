"""What a connector's `acceptance-test-config.yml` asks for, as values; see `config_reading`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from build_config.acceptance.case import Category
from build_config.connector import Connector
from build_config.connector_protocol.level import Level

FILE: Final = "acceptance-test-config.yml"
USUAL_CONFIG: Final = "secrets/config.json"


class Strictness(StrEnum):
    """What a class that the file does not mention means: `LOW` skips it, `HIGH` fails it."""

    LOW = "low"
    HIGH = "high"


class Status(StrEnum):
    """What `check` should say of a config."""

    SUCCEED = "succeed"
    FAILED = "failed"
    EXCEPTION = "exception"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedRecords:
    """Records that a read must give.

    Attributes:
        path: of a file with one record a line; None where `bypass_reason` says why there is none.
        exact_order: in this order, and no others between them.
        extra_fields: records may have more fields than are expected.
        extra_records: streams may have more records than are expected.
    """

    path: str | None = None
    bypass_reason: str = ""
    exact_order: bool = False
    extra_fields: bool = False
    extra_records: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FutureState:
    """A state that is far ahead: a read from it gives no records.

    Attributes:
        path: of a JSON file; None where `bypass_reason` says why there is none.
        missing_streams: stream -> why the state does not mention it.
    """

    path: str | None = None
    bypass_reason: str = ""
    missing_streams: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """One entry under the `tests` of a class; which attributes count depends on the class.

    Attributes:
        config_path: the connector's config, relative to its directory, as all paths are.
        timeout_seconds: for each run of the connector; None is the class's own.
        deployment_mode: `oss` or `cloud`, for the connector's environment.
        status: `connection`: what `check` should say.
        spec_path: `spec`: a file that holds the expected specification.
        configured_catalog_path: reads and writes; None is all that is discovered.
        empty_streams: `basic_read`: stream -> why it may be empty.
        expect_records: `basic_read`.
        validate_*: `basic_read` and `discovery`: switches.
        ignored_fields: reads: stream -> paths of fields that may differ between two reads.
        future_state: `incremental`.
        skip_comprehensive: `incremental`: resume from the last state only.
        options: all keys as they were written, for classes with keys of their own.
    """

    config_path: str = USUAL_CONFIG
    timeout_seconds: float | None = None
    deployment_mode: str = ""
    status: Status = Status.SUCCEED
    spec_path: str | None = None
    configured_catalog_path: str | None = None
    empty_streams: Mapping[str, str] = field(default_factory=dict)
    expect_records: ExpectedRecords | None = None
    validate_schema: bool = True
    validate_stream_statuses: bool = True
    validate_state_messages: bool = True
    validate_primary_keys: bool = True
    validate_data_points: bool = False
    fail_on_extra_columns: bool = True
    ignored_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    future_state: FutureState | None = None
    skip_comprehensive: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    __test__ = False  # not one of pytest's


@dataclass(frozen=True, kw_only=True, slots=True)
class TestClass:
    """A class of tests: either its tests, or why there are none."""

    bypass_reason: str = ""
    tests: tuple[Test, ...] = ()

    __test__ = False  # not one of pytest's


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleMount:
    """A file or folder of the connector's directory that its containers see."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxSettings:
    """The extension key `x-sandbox`: what Airbyte's format cannot say.

    Attributes:
        network: `none` unless the connector has to reach something: `bridge`, `host`, or a network
            of the engine.
        mounts: sample files.
        folders: empty writable folders, shared by all containers of one run of the tests, and
            gone afterwards: what a destination writes to a file stays for the next container.
        memory_mb: None is the sandbox's own limit.
    """

    network: str = "none"
    mounts: tuple[SampleMount, ...] = ()
    folders: tuple[str, ...] = ()
    memory_mb: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptanceConfig:
    """The whole file; a connector without one has the defaults.

    Attributes:
        connector_image: as it was written; what is tested is the image that was built.
        classes: those that the file mentions.
        environment: for every run of the connector.
        level: the extension key `x-protocol-level`.
        service: the extension key `x-service`: a command that runs beside the tests.
        digest: sha256 of the file and of those that it names, hexadecimal.
    """

    connector_image: str = ""
    strictness: Strictness = Strictness.LOW
    classes: Mapping[Category, TestClass] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    level: Level = Level.CURRENT
    service: tuple[str, ...] = ()
    digest: str = ""


def configured(root: Path, connectors: Iterable[Connector]) -> frozenset[str]:
    """The names of those of the connectors that have such a file."""
    return frozenset(c.name for c in connectors if (root / c.path / FILE).is_file())
