"""The acceptance config in Airbyte's format: read, migrated, and refused with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from build_config.acceptance.case import Category
from build_config.acceptance.config import (
    AcceptanceConfig,
    FutureState,
    SampleMount,
    SandboxSettings,
    Status,
    Strictness,
)
from build_config.acceptance.config_reading import read_config
from build_config.acceptance.fixtures import FixtureError, inside, read_bytes, read_object
from build_config.connector_protocol.level import Level
from build_config.errors import RepositoryError

NAME = "acceptance-test-config.yml"


def read(folder: Path, text: str) -> AcceptanceConfig:
    (folder / NAME).write_text(text)
    config = read_config(folder, "connectors/source-a")
    assert config is not None
    return config


def refused(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(RepositoryError) as raised:
        read(folder, text)
    return tuple(d.removeprefix(f"connectors/source-a/{NAME}: ") for d in raised.value.defects)


def test_a_connector_may_have_none(tmp_path: Path) -> None:
    assert read_config(tmp_path, "connectors/source-a") is None


def test_all_keys_of_a_source_are_read(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        connector_image: airbyte/source-a:dev
        test_strictness_level: high
        custom_environment_variables: {HOST: 1}
        acceptance_tests:
          spec: {tests: [{spec_path: a/spec.json, backward_compatibility_tests_config: {disable_for_version: 1.0.0}}]}
          connection:
            tests:
              - {config_path: secrets/bad.json, status: failed, timeout_seconds: 5}
          discovery: {bypass_reason: nothing to discover}
          basic_read:
            tests:
              - empty_streams: [{name: orders, bypass_reason: no orders}, users]
                expect_records: {path: expected.jsonl, exact_order: true}
                validate_schema: false
                fail_on_extra_columns: false
          full_refresh: {tests: [{ignored_fields: {users: [{name: seen_at, bypass_reason: a clock}, id]}}]}
          incremental:
            tests:
              - future_state:
                  future_state_path: future.json
                  missing_streams: [{name: orders, bypass_reason: no cursor}]
          connector_documentation: {tests: [{}]}
        """,  # noqa: E501 - as people write it
    )
    assert config.strictness is Strictness.HIGH
    assert config.environment == {"HOST": "1"}
    assert config.classes[Category.DISCOVERY].bypass_reason == "nothing to discover"
    (check,) = config.classes[Category.CONNECTION].tests
    assert (check.config_path, check.status, check.timeout_seconds) == (
        "secrets/bad.json",
        Status.FAILED,
        5,
    )
    (basic,) = config.classes[Category.BASIC_READ].tests
    assert basic.config_path == "secrets/config.json"
    assert basic.empty_streams == {"orders": "no orders", "users": ""}
    assert basic.expect_records
    assert basic.expect_records.exact_order
    assert not basic.validate_schema
    assert not basic.fail_on_extra_columns
    assert config.classes[Category.FULL_REFRESH].tests[0].ignored_fields == {
        "users": ("seen_at", "id")
    }
    assert config.classes[Category.INCREMENTAL].tests[0].future_state == FutureState(
        path="future.json", missing_streams={"orders": "no cursor"}
    )


def test_the_shape_before_version_0_2_12_is_migrated(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        connector_image: airbyte/source-a:dev
        tests:
          connection: [{status: succeed}, {config_path: bad.json, status: exception}]
          incremental: [{future_state_path: future.json, cursor_paths: {users: [id]}}]
          full_refresh: [{ignored_fields: {users: [id]}}]
        """,
    )
    assert [t.status for t in config.classes[Category.CONNECTION].tests] == [
        Status.SUCCEED,
        Status.EXCEPTION,
    ]
    future = config.classes[Category.INCREMENTAL].tests[0].future_state
    assert future == FutureState(path="future.json")
    assert config.strictness is Strictness.LOW


def test_our_own_keys_say_what_the_format_lacks(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        x-protocol-level: 2021
        x-sandbox:
          network: bridge
          mounts: [{source: samples, target: /samples}]
          folders: [/data]
          memory_mb: 512
        """,
    )
    assert config.level is Level.YEAR_2021
    assert config.sandbox == SandboxSettings(
        network="bridge",
        mounts=(SampleMount(source="samples", target="/samples"),),
        folders=("/data",),
        memory_mb=512,
    )


def test_the_base_path_stands_before_every_path(tmp_path: Path) -> None:
    config = read(tmp_path, "base_path: tests\nacceptance_tests: {connection: {tests: [{}]}}")
    assert config.classes[Category.CONNECTION].tests[0].config_path == "tests/secrets/config.json"


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    first = read(tmp_path, "connector_image: a")
    assert first.digest == read(tmp_path, "connector_image: a").digest
    assert first.digest != read(tmp_path, "connector_image: b").digest


def test_the_digest_is_also_of_the_files_that_are_named(tmp_path: Path) -> None:
    text = (
        "acceptance_tests: {spec: {tests: [{spec_path: spec.json, config_path: secrets/c.json}]}}"
    )
    (tmp_path / "secrets").mkdir()
    digests = []
    for spec, secret in (("{}", "1"), ("{}", "2"), ("[]", "2")):
        (tmp_path / "spec.json").write_text(spec)
        (tmp_path / "secrets" / "c.json").write_text(secret)
        digests.append(read(tmp_path, text).digest)
    assert digests[0] == digests[1]
    assert digests[1] != digests[2]


def changes_digest(folder: Path, path: str) -> bool:
    """Whether a change of a file says that a service of its own and of the repository changed."""
    root = folder / "secrets"  # where a repository is does not matter
    connector = root / "connectors" / "source-a"
    api = connector / "integration_tests" / "sample_api.py"
    for file in (api, root / "shared" / "server.py", root / path):
        file.parent.mkdir(parents=True, exist_ok=True)
    api.touch()
    words = ["connectors/source-a/integration_tests/sample_api.py", "shared/server.py"]
    text = f"x-service: [python, {', '.join(words)}, ../secrets/outside.py, secrets/acceptance]"
    before = read(connector, text).digest
    (root / path).write_text("changed")
    return read(connector, text).digest != before


@pytest.mark.parametrize(
    "path",
    [
        "connectors/source-a/integration_tests/sample_api.py",
        "connectors/source-a/integration_tests/sample_answers/orders/1.json",
        "shared/server.py",
    ],
)
def test_the_digest_is_also_of_what_a_service_is_made_of(tmp_path: Path, path: str) -> None:
    assert changes_digest(tmp_path, path)


@pytest.mark.parametrize(
    "path",
    [
        "connectors/source-a/integration_tests/__pycache__/sample_api.pyc",
        "connectors/source-a/secrets/acceptance/config.json",
        "connectors/source-a/README.md",
        "shared/other.py",
        "outside.py",
    ],
)
def test_other_files_are_none_of_a_service(tmp_path: Path, path: str) -> None:
    assert not changes_digest(tmp_path, path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "acceptance_tests: {connection: {tests: [{}, {config_pat: a}]}}",
            "`acceptance_tests.connection.tests[1].config_pat`: unknown key; did you mean",
        ),
        (
            "acceptance_tests: {basic_reads: {tests: [{}]}}",
            "`acceptance_tests.basic_reads`: unknown key; did you mean `basic_read`?",
        ),
        ("conector_image: a", "`conector_image`: unknown key; did you mean `connector_image`?"),
        (
            "tests: {connection: [{statuss: succeed}]}",
            "`acceptance_tests.connection.tests[0].statuss`: unknown key; did you mean `status`?",
        ),
        (
            "x-sandbox: {mounts: [{source: a, target: b}]}",
            '`x-sandbox.mounts[0].target`: "b" does not match "^/.+"',
        ),
        (
            "acceptance_tests: {connection: {tests: [{status: ok}]}}",
            '`acceptance_tests.connection.tests[0].status`: "ok" is not one of "succeed", "failed"',
        ),
        (
            "acceptance_tests: {connection: {tests: [{}], bypass_reason: why}}",
            "`acceptance_tests.connection`: has `tests` and a `bypass_reason`: only one can be",
        ),
        (
            "acceptance_tests: {connection: {tests: [{config_path: ../other/secret.json}]}}",
            "`acceptance_tests.connection.tests[0].config_path`: `../other/secret.json` leads out ",
        ),
        (
            "acceptance_tests: {connection: {tests: [{config_path: /etc/passwd}]}}",
            "`acceptance_tests.connection.tests[0].config_path`: `/etc/passwd` leads out of the ",
        ),
        ("x-protocol-level: 2020", '`x-protocol-level`: "2020" is not one of "2021" or "current"'),
        ("test_strictness_level: highest", "`test_strictness_level`"),
        (
            "acceptance_tests: {basic_read: {tests: [{ignored_fields: [a]}]}}",
            "`acceptance_tests.basic_read.tests[0].ignored_fields`: ",
        ),
        ("1: a", "has what YAML has and JSON has not"),
        ("acceptance_tests: &a {spec: {tests: [*a]}}", "has what YAML has and JSON has not"),
        ("custom_environment_variables: &a {B: *a}", "has what YAML has and JSON has not"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (defect,) = refused(tmp_path, text)
    assert defect.startswith(told)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert len(refused(tmp_path, "a: 1\nb: 2\nx-sandbox: {c: 3}")) == 3


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (defect,) = refused(tmp_path, "a: 1\nb: }")
    assert defect.startswith(f"connectors/source-a/{NAME}:2: ")


def test_a_link_out_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "source-a"
    folder.mkdir()
    (tmp_path / "outside.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(FixtureError, match="leads out of the connector's directory"):
        inside(folder, "link.json")


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(FixtureError, match=r"`list\.json` is not a JSON object"):
        read_object(tmp_path, "list.json")
    with pytest.raises(FixtureError, match=r"`broken\.json` is not JSON"):
        read_object(tmp_path, "broken.json")
    with pytest.raises(FixtureError, match=r"`secrets/config\.json` does not exist; it holds"):
        read_bytes(tmp_path, "secrets/config.json")
    with pytest.raises(FixtureError, match=r"`\.` is not a file"):
        read_bytes(tmp_path, ".")


@pytest.mark.parametrize("path", ["circle/config.json", "x" * 5000, "a\0b"])
def test_a_path_that_leads_nowhere_at_all_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(FixtureError, match=r"cannot be read|does not exist") as caught:
        read_bytes(tmp_path, path)
    assert path in str(caught.value)
