"""`acceptance-test-config.yml` on disk in, the acceptance config out, with all mistakes at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance.case import Category
from build_config.acceptance.config import (
    FILE,
    USUAL_CONFIG,
    AcceptanceConfig,
    ExpectedRecords,
    FutureState,
    SampleMount,
    SandboxSettings,
    Status,
    Strictness,
    Test,
    TestClass,
)
from build_config.acceptance.config_digest import digest
from build_config.acceptance.config_schema import CONFIG
from build_config.connector_protocol.json_schema import compile_schema, place
from build_config.connector_protocol.level import Level
from build_config.errors import RepositoryError
from build_config.yaml_files import YamlFileError, read_mapping

if TYPE_CHECKING:
    from build_config.connector_protocol.json_schema import Validator

_PATHS: Final = ("config_path", "spec_path", "configured_catalog_path", "future_state_path", "path")
_SWITCHES: Final = {
    "validate_schema": "validate_schema",
    "validate_stream_statuses": "validate_stream_statuses",
    "validate_state_messages": "validate_state_messages",
    "validate_primary_keys_data_type": "validate_primary_keys",
    "validate_data_points": "validate_data_points",
    "fail_on_extra_columns": "fail_on_extra_columns",
    "skip_comprehensive_incremental_tests": "skip_comprehensive",
}


def read_config(folder: Path, shown: str) -> AcceptanceConfig | None:
    """The acceptance config of the connector in this directory; None where it has none.

    Args:
        folder: the connector's directory.
        shown: its path as a person knows it.

    Raises:
        RepositoryError: with every mistake, each with the place of it.
    """
    file, name = folder / FILE, f"{shown}/{FILE}"
    if not file.exists():
        return None
    try:
        document = _migrated(read_mapping(file, name))
    except YamlFileError as error:
        raise RepositoryError((str(error),)) from error
    defects = tuple(f"{name}: {defect}" for defect in _defects(document))
    if defects:
        raise RepositoryError(defects)
    return _config(document, digest(file, document, shown))


def _migrated(document: Mapping[str, Any]) -> dict[str, Any]:
    """Before version 0.2.12 the classes stood under `tests`, each as a bare list of tests."""
    migrated = dict(document)
    if "tests" in migrated:
        classes = migrated.pop("tests") or {}
        if isinstance(classes, dict):
            classes = {
                name: {"tests": tests} if isinstance(tests, list) else tests
                for name, tests in classes.items()
            }
        migrated.setdefault("acceptance_tests", classes)
    if migrated.get("acceptance_tests") is None:
        migrated.pop("acceptance_tests", None)
    level = migrated.get("x-protocol-level")
    return {**migrated, "x-protocol-level": str(level)} if level is not None else migrated


def _defects(document: Mapping[str, Any]) -> Iterator[str]:
    try:
        json.dumps(document, default=str)
        errors = list(_validator().iter_errors(document))
    except (TypeError, ValueError, RecursionError) as no_json:
        yield f"has what YAML has and JSON has not (a key that is no text, a loop): {no_json}"
        return
    for error in errors:
        path = list(error.instance_path)
        if error.kind.name == "additionalProperties":
            for key in error.kind.value:
                yield _unknown(place([*path, key]), key, _known(list(error.schema_path)))
        else:
            yield f"`{place(path) or 'the file'}`: {error.message}"
    if errors:
        return
    for name, asked in (document.get("acceptance_tests") or {}).items():
        if isinstance(asked, dict) and asked.get("bypass_reason") and asked.get("tests"):
            yield f"`acceptance_tests.{name}`: has `tests` and a `bypass_reason`: only one can be"
    yield from _astray(document, [])


@cache  # `invoke check` reads hundreds
def _validator() -> Validator:
    return compile_schema(CONFIG)


def _unknown(where: str, key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"one of {', '.join(sorted(known))}"
    return f"`{where}`: unknown key; {hint}"


def _known(schema_path: list[str | int]) -> list[str]:
    """The keys of the object whose `additionalProperties` this is the path of."""
    schema: Any = CONFIG
    for step in schema_path[:-1]:
        schema = schema[step]
    return list(schema["properties"])


def _astray(value: Any, path: list[str | int]) -> Iterator[str]:
    """Paths that lead out of the connector's directory."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {*_PATHS, "base_path", "source"} and isinstance(inner, str):
                steps = PurePosixPath(inner)
                if steps.is_absolute() or ".." in steps.parts:
                    yield (
                        f"`{place([*path, key])}`: `{inner}` leads out of the connector's directory"
                    )
            yield from _astray(inner, [*path, key])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _astray(inner, [*path, index])


def _config(document: Mapping[str, Any], found: str) -> AcceptanceConfig:
    base = document.get("base_path") or ""
    classes = document.get("acceptance_tests") or {}
    known = {str(category): category for category in Category}
    sandbox = document.get("x-sandbox") or {}
    return AcceptanceConfig(
        connector_image=document.get("connector_image") or "",
        strictness=Strictness(document.get("test_strictness_level") or "low"),
        classes={
            known[name]: _test_class(asked, base)
            for name, asked in classes.items()
            if name in known
        },
        environment={
            str(name): str(value)
            for name, value in (document.get("custom_environment_variables") or {}).items()
        },
        sandbox=SandboxSettings(
            network=sandbox.get("network") or "none",
            mounts=tuple(SampleMount(**mount) for mount in sandbox.get("mounts") or ()),
            folders=tuple(sandbox.get("folders") or ()),
            memory_mb=sandbox.get("memory_mb"),
        ),
        level=Level(document.get("x-protocol-level") or "current"),
        service=tuple(document.get("x-service") or ()),
        digest=found,
    )


def _test_class(asked: Mapping[str, Any], base: str) -> TestClass:
    return TestClass(
        bypass_reason=asked.get("bypass_reason") or "",
        tests=tuple(_test(test, base) for test in asked.get("tests") or ()),
    )


def _test(entry: Mapping[str, Any], base: str) -> Test:
    return Test(
        config_path=_under(base, entry.get("config_path")) or _under(base, USUAL_CONFIG) or "",
        timeout_seconds=entry.get("timeout_seconds"),
        deployment_mode=entry.get("deployment_mode") or "",
        status=Status(entry.get("status") or "succeed"),
        spec_path=_under(base, entry.get("spec_path")),
        configured_catalog_path=_under(base, entry.get("configured_catalog_path")),
        empty_streams=_reasons(entry.get("empty_streams")),
        expect_records=_expected(entry.get("expect_records"), base),
        ignored_fields={
            stream: tuple(_reasons(fields))
            for stream, fields in (entry.get("ignored_fields") or {}).items()
        },
        future_state=_future(entry, base),
        options=entry,
        **{field: entry[key] for key, field in _SWITCHES.items() if key in entry},
    )


def _reasons(entries: list[Any] | None) -> dict[str, str]:
    """Name -> reason; in the old format there were bare names."""
    return {
        entry if isinstance(entry, str) else entry["name"]: ""
        if isinstance(entry, str)
        else entry.get("bypass_reason") or ""
        for entry in entries or ()
    }


def _expected(entry: Mapping[str, Any] | None, base: str) -> ExpectedRecords | None:
    if entry is None:
        return None
    switches = ("exact_order", "extra_fields", "extra_records")
    return ExpectedRecords(
        path=_under(base, entry.get("path")),
        bypass_reason=entry.get("bypass_reason") or "",
        **{key: entry[key] for key in switches if key in entry},
    )


def _future(entry: Mapping[str, Any], base: str) -> FutureState | None:
    future = entry.get("future_state") or {}
    path = future.get("future_state_path") or entry.get("future_state_path")
    if not future and not path:
        return None
    return FutureState(
        path=_under(base, path),
        bypass_reason=future.get("bypass_reason") or "",
        missing_streams=_reasons(future.get("missing_streams")),
    )


def _under(base: str, path: str | None) -> str | None:
    return str(PurePosixPath(base, path)) if path else None
