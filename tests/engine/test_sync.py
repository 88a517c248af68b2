"""`invoke sync` from outside, with connectors of a few lines of shell, and with the real ones."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from yard import Yard

from build_config.sandbox.owner import RUN_LABEL

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Finished

pytestmark = pytest.mark.engine

PAIR = ("--source=source-a", "--destination=destination-b", "--network=none")
STREAM = {
    "name": "users",
    "json_schema": {},
    "supported_sync_modes": ["full_refresh", "incremental"],
    "source_defined_cursor": True,
    "default_cursor_field": ["id"],
    "source_defined_primary_key": [["id"]],
}
DISCOVERED = {"type": "CATALOG", "catalog": {"streams": [STREAM]}}
SPEC = {
    "type": "SPEC",
    "spec": {
        "connectionSpecification": {},
        "supported_destination_sync_modes": ["append", "overwrite", "append_dedup"],
    },
}
ECHO = """\
while read -r line; do
  case "$line" in
    *'"STATE"'*) echo "$line" ;;
  esac
done
"""
TEN = "i=0; while [ $i -lt 10 ]; do record $i; i=$((i+1)); done; state 10"


def state(cursor: int) -> dict[str, Any]:
    described = {"stream_descriptor": {"name": "users"}, "stream_state": {"id": cursor}}
    return {"type": "STREAM", "stream": described}


def source(read: str) -> str:
    """A source that reads like this; `record N`, `state N` and `fail TEXT` are there for it."""
    record = {"type": "RECORD", "record": {"stream": "users", "data": {"id": 12345}}}
    error = {"type": "TRACE", "trace": {"type": "ERROR", "error": {"message": "12345"}}}
    lines = (
        _function("record", record),
        _function("state", {"type": "STATE", "state": state(12345)}),
        _function("fail", error, then="exit 1"),
        f"""case "$1" in discover) echo '{json.dumps(DISCOVERED)}' ;; read) {read} ;; esac""",
    )
    return "\n".join(lines) + "\n"


def _function(name: str, message: dict[str, Any], then: str = ":") -> str:
    """A shell function that prints the message with its argument in the place of 12345."""
    text = json.dumps(message).replace("12345", "'\"$1\"'")
    return f"{name}() {{ echo '{text}'; {then}; }}"


def destination(write: str) -> str:
    return f"""\
case "$1" in
  spec) echo '{json.dumps(SPEC)}' ;;
  write) {write} ;;
esac
"""


@pytest.fixture
def pair(yard: Yard, shell: str, engine: Engine) -> Iterator[Yard]:
    """A repository whose connectors are scripts; no container of theirs is left."""
    for name in ("source-a", "destination-b"):
        dockerfile = f'FROM {shell}\nCOPY run.sh /\nENTRYPOINT ["sh", "/run.sh"]\n'
        yard.write(
            {
                f"connectors/{name}/Dockerfile": dockerfile
                + f"LABEL io.airbyte.name={yard.namespace}/{name} io.airbyte.version=0.1.0\n",
                f"connectors/{name}/integration_tests/config.json": "{}",
            }
        )
    yield yard
    names = [yard.image(name) for name in ("source-a", "destination-b")]
    images = {engine.id(name) for name in names if engine.has(name)}
    listed = engine.client.api.containers(all=True, filters={"label": RUN_LABEL})
    assert not [row for row in listed if row["ImageID"] in images]


def write(yard: Yard, read: str = TEN, write: str = ECHO) -> None:
    yard.write(
        {
            "connectors/source-a/run.sh": source(read),
            "connectors/destination-b/run.sh": destination(write),
        }
    )


def sync(yard: Yard, *flags: str) -> Finished:
    return yard.invoke("sync", *PAIR, *flags)


def saved(yard: Yard) -> Any:
    path = yard.root / ".yard" / "state" / "source-a--destination-b.json"
    return json.loads(path.read_text()) if path.exists() else None


def summary(done: Finished) -> dict[str, Any]:
    events = [json.loads(line) for line in done.out.splitlines() if '"sync_finished"' in line]
    found: dict[str, Any] = events[-1]
    return found


def test_records_go_through_and_the_confirmed_state_is_kept(pair: Yard) -> None:
    write(pair)
    done = sync(pair, "--progress=json")
    assert done.code == 0, done
    told = summary(done)
    assert (told["outcome"], told["records"], told["confirmed_states"]) == ("done", 10, 1)
    assert saved(pair) == [state(10)]


def test_the_next_sync_gets_the_state_and_full_refresh_does_not(pair: Yard) -> None:
    write(
        pair, read='case "$*" in *--state*) cat /config/state.json >&2; state 7;; *) state 5;; esac'
    )
    for flags, cursor in (((), 5), ((), 7), (("--full-refresh",), 5)):
        done = sync(pair, *flags)
        assert done.code == 0, done
        assert saved(pair) == [state(cursor)]


def test_what_is_not_confirmed_is_not_kept(pair: Yard) -> None:
    write(pair, write="cat > /dev/null")
    assert sync(pair).code == 0
    assert saved(pair) is None


def test_a_source_that_fails_is_named_with_what_it_said(pair: Yard) -> None:
    write(pair, read="state 5; record 1; echo last words >&2; fail 'no such table'")
    done = sync(pair)
    assert done.code == 1
    assert "error: `source-a` ended with exit code 1: no such table" in done.err
    assert "| last words" in done.err
    assert saved(pair) == [state(5)]


def test_a_destination_that_fails_is_named(pair: Yard) -> None:
    write(
        pair,
        read="state 5; while :; do record 1; done",
        write='read -r line; echo "$line"; read -r line; echo disk full >&2; exit 3',
    )
    done = sync(pair)
    assert done.code == 1
    assert "error: `destination-b` ended with exit code 3" in done.err
    assert "| disk full" in done.err
    assert saved(pair) == [state(5)]


def test_a_destination_that_ends_too_early_is_a_failure_even_with_exit_code_0(pair: Yard) -> None:
    write(pair, read="while :; do record 1; done", write="read -r line; exit 0")
    done = sync(pair)
    assert done.code == 1
    assert "`destination-b` ended before its source did" in done.err


def test_a_destination_that_fails_at_the_very_end_is_a_failure(pair: Yard) -> None:
    write(pair, write=f"{ECHO} exit 4")
    done = sync(pair)
    assert done.code == 1
    assert "`destination-b` ended with exit code 4" in done.err


def test_a_half_read_stream_never_replaces_a_whole_one(pair: Yard, tmp_path: Path) -> None:
    """The destination, as many do, takes the end of its input for success."""
    folder = tmp_path / "out"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    write(
        pair,
        read="record 1; sleep 0.5; fail broken",
        write=f"{ECHO} echo replaced > /data/replaced",
    )
    done = sync(pair, "--full-refresh", f"--destination-mount={folder}:/data")
    assert done.code == 1
    assert not (folder / "replaced").exists()


def test_lines_that_are_no_messages_are_counted_and_logged(pair: Yard) -> None:
    write(pair, read=f"echo garbage; {TEN}")
    done = sync(pair, "--progress=json")
    assert done.code == 0
    assert summary(done)["strange_lines"] == 1
    (log,) = {path.resolve() for path in (pair.root / ".yard" / "logs").glob("*/sync-*.log")}
    assert "source-a | not a message: garbage" in log.read_text()


def test_a_source_without_a_catalog_is_named(pair: Yard) -> None:
    write(pair)
    pair.write({"connectors/source-a/run.sh": "echo wrong password >&2; exit 1\n"})
    done = sync(pair)
    assert done.code == 1
    assert "`source-a`: `discover` ended with exit code 1: wrong password" in done.err


def test_wrong_usage_is_found_before_anything_is_built(pair: Yard) -> None:
    write(pair)
    for flags, said in (
        (("--source=destination-b", "--destination=destination-b"), "not a source"),
        (("--source=source-a",), "`--destination` is missing"),
        ((*PAIR, "--source-config=/no/such/file"), "cannot be read"),
        ((*PAIR, "--catalog=~/absent.json"), f"`{pair.home}/absent.json` cannot be read"),
        ((*PAIR, "--source-mount=/no/such/folder:/data"), "there is no"),
    ):
        done = pair.invoke("sync", *flags)
        assert done.code == 2, done
        assert said in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_keeps_what_is_confirmed(pair: Yard, number: signal.Signals) -> None:
    write(pair, read="state 5; while :; do record 1; sleep 0.1; done")
    assert pair.invoke("build").code == 0
    with pair.started("sync", *PAIR) as running:
        wait_for(lambda: saved(pair) == [state(5)])
        os.kill(running.process.pid, number)
        done = running.finish()
    assert done.code == 130, done
    assert "confirmed state" in done.err
    assert saved(pair) == [state(5)]


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_another_place_for_the_rows_has_a_state_of_its_own(pair: Yard, tmp_path: Path) -> None:
    """Else a new, empty folder would lack all that an old one has."""
    write(pair, read='case "$*" in *--state*) state 7;; *) state 5;; esac')
    assert sync(pair).code == 0
    (tmp_path / "new").mkdir()
    done = sync(pair, f"--destination-mount={tmp_path / 'new'}:/data")
    assert done.code == 0, done
    states = sorted((pair.root / ".yard" / "state").glob("source-a--destination-b*.json"))
    assert [json.loads(file.read_text()) for file in states] == [[state(5)], [state(5)]]
    assert sync(pair).code == 0
    assert saved(pair) == [state(7)]
