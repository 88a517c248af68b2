"""Sources that are wrong in one way each, caught by the right category with the fault named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine_under_test
import pytest
import tiny_connectors as tiny

from build_config.acceptance.case import CaseResult, Category, Verdict
from build_config.machine.engine_address import EngineAddress
from build_config.sandbox.containers import open_containers

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine_under_test import Engine

    from build_config.acceptance.subject import Image

pytestmark = pytest.mark.engine

CHECKS = {"tests": [{}, {"config_path": "secrets/bad.json", "status": "failed"}]}
QUIET = {"robustness": {"bypass_reason": "another test"}}
ALL = {
    "connection": CHECKS,
    "discovery": {"tests": [{}]},
    "basic_read": {"tests": [{"expect_records": {"bypass_reason": "none here"}}]},
    "full_refresh": {"tests": [{}]},
    "incremental": {"tests": [{"future_state": {"future_state_path": "future.json"}}]},
}
READ = {"basic_read": ALL["basic_read"]}
CHECK = {"connection": {"tests": [{"timeout_seconds": 10}]}}
SHORT = {"connection": {"tests": [{"timeout_seconds": 2}]}}


@pytest.fixture(scope="module")
def image(engine: Engine, shell: str) -> Image:
    """Of a good source, but for its script."""
    return tiny.build(engine, shell)


@pytest.fixture
def accept(
    engine: Engine, shell: str, image: Image, tmp_path: Path
) -> Callable[..., list[CaseResult]]:
    """Judges a source of shell."""

    def judged(
        classes: dict[str, Any], *, dockerfile: str = "", text: str = "", **commands: str
    ) -> list[CaseResult]:
        settings = json.loads(commands.pop("settings", "{}"))
        script = text or tiny.script(**commands)
        made = tiny.build(engine, shell, dockerfile) if dockerfile else image
        document = {"acceptance_tests": {**QUIET, **classes}, **settings}

        async def run() -> tuple[CaseResult, ...]:
            address = EngineAddress(url=engine_under_test.ADDRESS)
            async with asyncio.timeout(280), open_containers(address) as containers:
                return await tiny.judge(containers, made, tmp_path, script, document)

        return list(asyncio.run(run()))

    return judged


def failures(cases: list[CaseResult]) -> dict[str, str]:
    """Category -> what is wrong in it."""
    failed = [case for case in cases if case.verdict is Verdict.FAILED]
    return {
        case.category.value: "\n".join(
            f"{c.name}: {c.message}" for c in failed if c.category is case.category
        )
        for case in failed
    }


def test_a_good_source_passes_every_case_of_every_category(
    accept: Callable[..., list[CaseResult]],
) -> None:
    cases = accept(ALL, settings='{"test_strictness_level": "high"}')
    assert failures(cases) == {}
    passed = {case.category for case in cases if case.verdict is Verdict.PASSED}
    assert passed == set(Category) - {Category.WRITE, Category.ROBUSTNESS}
    skips = {case.message for case in cases if case.verdict is Verdict.SKIPPED}
    assert skips <= {"none here", "another test"}


GARBAGE = "say 'Traceback (most recent call last):'"
SPECS = {
    "two SPECs": (f"{tiny.GOOD['spec']}\n{tiny.GOOD['spec']}", "2 SPEC messages instead of one"),
    "an invalid schema": (
        tiny.spec({"type": "objekt"}),
        'connectionSpecification: `type`: "objekt"',
    ),
    "an unresolved $ref": (
        tiny.spec({"type": "object", "properties": {"a": {"$ref": "#/definitions/a"}}}),
        "/definitions/a",
    ),
    "a required field that is not there": (
        tiny.spec({**tiny.FORM, "required": ["token", "tokn"]}),
        "requires `tokn`",
    ),
    "a secret that is not marked": (
        tiny.spec({"type": "object", "properties": {"api_key": {"type": "string"}}}),
        "`api_key` holds a secret",
    ),
    "exit code 1": (f"{tiny.GOOD['spec']}\nexit 1", "ended with exit code 1"),
    "garbage": (f"{GARBAGE}\n{tiny.GOOD['spec']}", "line 1: not JSON: `Traceback (most"),
    "no output": ("exit 0", "no SPEC message: it ended without output"),
    "a spec without its form": (
        tiny.message("SPEC", "spec", {}),
        "`spec.connectionSpecification` is missing",
    ),
}


@pytest.mark.parametrize("wrong", SPECS)
def test_a_wrong_spec_is_caught(wrong: str, accept: Callable[..., list[CaseResult]]) -> None:
    lines, told = SPECS[wrong]
    found = failures(accept({}, spec=lines))
    assert set(found) == {"spec"}
    assert told in found["spec"]


CONNECTIONS = {
    "FAILED with exit code 1": (
        "connection FAILED 'wrong token'; exit 1",
        ["the status is FAILED: wrong token", "ended with exit code 1"],
    ),
    "SUCCEEDED with an invalid config": ("connection SUCCEEDED", ["the status is SUCCEEDED"]),
    "a hang": ("sleep 60", ["took longer than 2.0 s"]),
    "a flood": (
        "x=xxxxxxxxxxxxxxxx; for i in 1 2 3 4 5; do x=$x$x$x$x; done; while :; do say $x; done",
        ["wrote more than 67.1 MB"],
    ),
    "garbage": (
        f"{GARBAGE}\nconnection SUCCEEDED",
        ["line 1: not JSON: `Traceback (most recent call last):`"],
    ),
    "forks": (
        "while :; do sleep 60 & done",
        ["no valid CONNECTION_STATUS message: it ended with exit code 2"],
    ),
    "a crash without a word": (
        "exit 3",
        ["no valid CONNECTION_STATUS message: it ended with exit code 3"],
    ),
    "a TRACE": ("trace 'no such host'; exit 1", ["it ended with exit code 1: no such host"]),
    "a leaked secret": (
        "say 'the config is '\"$config\" >&2; connection SUCCEEDED",
        ["the value of `token` is in the output"],
    ),
}


@pytest.mark.parametrize("wrong", CONNECTIONS)
def test_a_wrong_check_is_caught(wrong: str, accept: Callable[..., list[CaseResult]]) -> None:
    lines, told = CONNECTIONS[wrong]
    found = failures(accept(SHORT if "hang" in wrong else CHECK, check=lines))
    assert set(found) == {"connection"}
    for words in told:
        assert words in found["connection"]


def test_a_fork_bomb_shows_its_last_lines(accept: Callable[..., list[CaseResult]]) -> None:
    cases = accept(CHECK, check="while :; do sleep 60 & done")
    details = [case.details for case in cases if case.verdict is Verdict.FAILED]
    assert "Cannot fork" in details[0][-1]


def test_an_expected_exception_needs_a_trace_and_an_exit_code(
    accept: Callable[..., list[CaseResult]],
) -> None:
    asked = {"connection": {"tests": [{"status": "exception"}]}}
    assert failures(accept(asked, check="trace 'no'; exit 1")) == {}
    found = failures(accept(asked, check="exit 1"))
    assert "no TRACE of type ERROR says why it ended with exit code 1" in found["connection"]
    found = failures(accept(asked, check="trace 'no'"))
    assert "exit code 0: the platform takes that for success" in found["connection"]


def stream(**changes: Any) -> dict[str, Any]:
    return {**tiny.STREAM, **changes}


DISCOVERIES = {
    "a stream twice": (
        tiny.catalog(stream(), stream()),
        "stream `users` is 2 times in the catalog",
    ),
    "a cursor that is not in the schema": (
        tiny.catalog(stream(default_cursor_field=["updated_at"])),
        "stream `users`: its cursor `updated_at` is not in its schema",
    ),
    "a primary key that is not in the schema": (
        tiny.catalog(stream(source_defined_primary_key=[["uuid"]])),
        "stream `users`: its primary key `uuid` is not in its schema",
    ),
    "an invalid schema": (
        tiny.catalog(stream(json_schema={"type": "object", "properties": {"id": {"type": "int"}}})),
        'stream `users`: `properties.id.type`: "int"',
    ),
    "no sync modes": (
        tiny.catalog({"name": "users", "json_schema": {}}),
        "`catalog.streams[0].supported_sync_modes` is missing",
    ),
    "two catalogs": (
        f"{tiny.GOOD['discover']}\n{tiny.GOOD['discover']}",
        "2 CATALOG messages instead of one",
    ),
    "no streams": (tiny.catalog(), "the catalog has no streams"),
    "a crash": ("trace 'no such host'; exit 1", "it ended with exit code 1: no such host"),
}


@pytest.mark.parametrize("wrong", DISCOVERIES)
def test_a_wrong_catalog_is_caught(wrong: str, accept: Callable[..., list[CaseResult]]) -> None:
    lines, told = DISCOVERIES[wrong]
    found = failures(accept({"discovery": {"tests": [{}]}}, discover=lines))
    assert set(found) == {"discovery"}
    assert told in found["discovery"]


def reading(*lines: str) -> str:
    return "\n".join(("status STARTED", *lines, "status COMPLETE"))


def record(data: Any, stream_name: str = "users", **fields: Any) -> str:
    payload = {"stream": stream_name, "data": data, "emitted_at": 1, **fields}
    return tiny.message("RECORD", "record", payload)


READS = {
    "a record that does not match": (
        reading("record 1", record({"id": "2", "name": "x"})),
        'stream `users`, line 3: `id`: "2" is not of type "integer"',
    ),
    "an unknown column": (
        reading(record({"id": 1, "name": "x", "age": 5})),
        "stream `users`, line 2: `age` is not in its schema",
    ),
    "a record without data": (
        reading("record 1", tiny.message("RECORD", "record", {"stream": "users", "emitted_at": 1})),
        "line 3: RECORD: `record.data` is missing",
    ),
    "no COMPLETE": (
        "status STARTED\nrecord 1",
        "stream `users`: its last status is STARTED: COMPLETE is missing",
    ),
    "a record after COMPLETE": (
        f"{reading('record 1')}\nrecord 2",
        "stream `users`: line 4: a record after COMPLETE",
    ),
    "an unknown stream": (
        reading("record 1", record({}, "orders")),
        "line 3: a record of the stream `orders`",
    ),
    "no records": (reading(), "stream `users` gives no records"),
    "no primary key": (
        reading(record({"name": "x"})),
        "stream `users`, line 2: the primary key `id` is missing",
    ),
    "an invalid state": (
        reading("record 1", tiny.message("STATE", "state", {"type": "STREAM"})),
        "line 3: STATE: `state.stream` is missing",
    ),
    "a state that counts wrongly": (
        reading(
            "record 1",
            tiny.message(
                "STATE",
                "state",
                {
                    "type": "STREAM",
                    "stream": {"stream_descriptor": {"name": "users"}, "stream_state": {}},
                    "sourceStats": {"recordCount": 7},
                },
            ),
        ),
        "`sourceStats.recordCount` is 7, but 1 records came since its last state",
    ),
    "a crash": (
        "status STARTED\nrecord 1\ntrace 'connection lost'; exit 1",
        "ended with exit code 1: connection lost",
    ),
}


@pytest.mark.parametrize("wrong", READS)
def test_a_wrong_read_is_caught(wrong: str, accept: Callable[..., list[CaseResult]]) -> None:
    lines, told = READS[wrong]
    found = failures(accept(READ, read=lines))
    assert set(found) == {"basic_read"}
    assert told in found["basic_read"]


def test_expected_records_are_compared_in_order(
    accept: Callable[..., list[CaseResult]], tmp_path: Path
) -> None:
    lines = [{"stream": "users", "data": {"id": id_, "name": f"user {id_}"}} for id_ in (1, 2, 4)]
    lines[1]["data"] = {"id": 2, "name": "Grace"}
    (tmp_path / "expected.jsonl").write_text("\n".join(map(json.dumps, lines)))
    expected = {"path": "expected.jsonl", "exact_order": True}
    found = failures(accept({"basic_read": {"tests": [{"expect_records": expected}]}}))
    assert "line 3: `name` is 'user 2' instead of 'Grace'" in found["basic_read"]
    assert "line 5: `id` is 3 instead of 4" in found["basic_read"]


def test_a_full_refresh_that_differs_is_caught(accept: Callable[..., list[CaseResult]]) -> None:
    # the clock of the machine differs between two reads
    lines = reading("read up rest < /proc/uptime", 'record "${up%%.*}${up##*.}"')
    found = failures(accept({"full_refresh": {"tests": [{}]}}, read=lines))
    assert set(found) == {"full_refresh"}
    assert "stream `users`: only in the first read: {'id': " in found["full_refresh"]


def test_fields_may_be_left_out_of_the_comparison(
    accept: Callable[..., list[CaseResult]],
) -> None:
    lines = reading("read up rest < /proc/uptime", 'record "${up%%.*}${up##*.}"')
    ignored = {"users": [{"name": "id", "bypass_reason": "a clock"}, "name"]}
    assert (
        failures(accept({"full_refresh": {"tests": [{"ignored_fields": ignored}]}}, read=lines))
        == {}
    )


INCREMENTALS = {
    "repeats": (
        tiny.GOOD["read"].replace("-gt $after", "-gt 0"),
        "stream `users`: 1 records from before the cursor come again, such as {'id': 1",
    ),
    "loses": (
        tiny.GOOD["read"].replace("-gt $after", "-gt $((after ? after + 1 : 0))"),
        "from the state in line 4: stream `users`: 1 records are lost, such as {'id': 3",
    ),
    "emits no state": (
        reading("record 1"),
        "it emits no STATE: nothing could be resumed",
    ),
    "crashes on a state": (
        f"[ $after = 0 ] || {{ trace 'no such column'; exit 1; }}\n{tiny.GOOD['read']}",
        "from the state in line 4: ended with exit code 1: no such column",
    ),
    "ignores the future": (
        tiny.GOOD["read"].replace("-gt $after", "-gt $((after > 100 ? 0 : after))"),
        "a state of the far future gives no records: stream `users` gives 4 records",
    ),
}


@pytest.mark.parametrize("wrong", INCREMENTALS)
def test_a_wrong_incremental_read_is_caught(
    wrong: str, accept: Callable[..., list[CaseResult]]
) -> None:
    lines, told = INCREMENTALS[wrong]
    found = failures(accept({"incremental": ALL["incremental"]}, read=lines))
    assert set(found) == {"incremental"}
    assert told in found["incremental"]


def test_records_of_the_cursors_last_value_may_come_again(
    accept: Callable[..., list[CaseResult]],
) -> None:
    inclusive = tiny.GOOD["read"].replace("-gt $after", "-ge $after")
    asked: dict[str, Any] = {"incremental": {"tests": [{}]}}
    assert failures(accept(asked, read=inclusive)) == {}


def test_a_source_of_2021_is_judged_by_the_rules_of_its_time(
    accept: Callable[..., list[CaseResult]],
) -> None:
    lines = [
        f"[ $after -ge {id_} ] || record {id_}\n"
        + tiny.message("STATE", "state", {"data": {"users": {"id": id_}}})
        for id_ in (1, 2, 3)
    ]
    old = {"name": "users", "json_schema": tiny.STREAM["json_schema"]}
    commands = {
        "text": tiny.script(discover=tiny.catalog(old), read="\n".join(lines)),
        "dockerfile": f"{tiny.ENTRYPOINT}\n"
        "LABEL io.airbyte.name=tiny/source io.airbyte.version=0.1.0",
    }
    level = '{"x-protocol-level": 2021}'
    assert failures(accept({**ALL}, settings=level, **commands)) == {}
    found = failures(accept({**ALL}, **commands))
    assert set(found) >= {"image", "discovery"}


def test_the_image_has_to_say_who_it_is(accept: Callable[..., list[CaseResult]]) -> None:
    dockerfile = (
        f'ENV AIRBYTE_ENTRYPOINT="python /main.py"\n{tiny.ENTRYPOINT}\n'
        "LABEL io.airbyte.name=tiny/source io.airbyte.version=0.2.0"
    )
    settings = '{"connector_image": "airbyte/source-tiny:dev"}'
    found = failures(accept({}, dockerfile=dockerfile, settings=settings))["image"]
    assert "the label `io.airbyte.name` is `tiny/source`, but the acceptance config says" in found
    assert "the label `io.airbyte.version` is `0.2.0`, but the Dockerfile says `0.1.0`" in found
    assert "`AIRBYTE_ENTRYPOINT` is `python /main.py`, but ENTRYPOINT is `sh -c" in found
    assert "no USER, or root" in found


def test_an_image_that_cannot_start_fails_its_cases(
    accept: Callable[..., list[CaseResult]],
) -> None:
    dockerfile = 'ENTRYPOINT ["/no/such/program"]\nLABEL io.airbyte.name=tiny/source'
    found = failures(accept({}, dockerfile=dockerfile))
    assert "the container starts: the container could not be started" in found["spec"]


def test_what_a_high_strictness_misses_fails_and_a_low_one_skips(
    accept: Callable[..., list[CaseResult]],
) -> None:
    found = failures(accept({}, settings='{"test_strictness_level": "high"}'))
    assert set(found) == {"connection", "discovery", "basic_read", "full_refresh", "incremental"}
    assert "give it `tests` or a `bypass_reason`" in found["connection"]
    assert failures(accept({})) == {}


def test_a_config_that_is_not_there_fails_its_test_and_no_other(
    accept: Callable[..., list[CaseResult]],
) -> None:
    tests = [{"config_path": "secrets/none.json"}, {}]
    found = failures(accept({"connection": {"tests": tests}}))
    assert found == {
        "connection": "the files of its test can be used (secrets/none.json, test 1): "
        "`secrets/none.json` does not exist; it holds secrets, so it is not in git"
    }


def test_a_folder_of_the_sandbox_is_shared_by_all_containers_of_a_run(
    accept: Callable[..., list[CaseResult]],
) -> None:
    check = """
        if [ -e /data/seen ]; then connection FAILED 'it was here'; else
          : > /data/seen; connection SUCCEEDED
        fi"""
    settings = '{"x-sandbox": {"folders": ["/data"]}}'
    for _ in range(2):  # fresh for each run
        assert failures(accept({"connection": CHECKS}, check=check, settings=settings)) == {}
