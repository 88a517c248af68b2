"""Real builds over BuildKit's API: what goes in comes out as an image, failures as facts."""

from __future__ import annotations

import asyncio
import tarfile
import time
import tracemalloc
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_build
from tiny_build import MARK, SHELL, Heard, exists, inspect, labels, request, run, tag, tar

from build_config.buildkit.failures import BuildFailedError
from build_config.buildkit.progress import (
    BuildWarning,
    ContextSent,
    VertexFinished,
    VertexStarted,
)
from build_config.buildkit.request import BuildRequest, BuildResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_config.buildkit.client import BuildKit

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def _shell_image() -> Iterator[None]:
    run(tiny_build.build_shell)
    yield
    tiny_build.remove_images()


def build(recipe: BuildRequest, heard: Heard | None = None) -> BuildResult:
    async def one(buildkit: BuildKit) -> BuildResult:
        return await buildkit.build(recipe, heard or Heard())

    return run(one)


def failure(recipe: BuildRequest) -> BuildFailedError:
    with pytest.raises(BuildFailedError) as caught:
        build(recipe)
    return caught.value


def test_an_image_comes_out_with_its_id_labels_and_all_its_names() -> None:
    recipe = BuildRequest(
        context=tar({"Dockerfile": b"FROM scratch\nCOPY greeting /\n", "greeting": b"hello\n"}),
        tags=(tag("named"), tag("named-too")),
        labels={MARK: "1", "io.example.note": "with spaces, and = signs"},
    )
    result = build(recipe)
    image = inspect("named")
    assert image["Id"] == result.image_id == inspect("named-too")["Id"]
    assert labels("named") == {"io.example.note": "with spaces, and = signs"}
    assert result.config_digest.startswith("sha256:")


def test_build_arguments_reach_the_steps() -> None:
    heard = Heard()
    recipe = f"FROM {SHELL}\nARG WORD\nRUN echo the word is $WORD\n"
    build(request(recipe, build_args={"WORD": "grün"}, no_cache=True), heard)
    assert heard.lines() == ["the word is grün"]


def test_the_target_stage_is_where_it_stops() -> None:
    recipe = "FROM scratch AS first\nLABEL stage=first\nFROM scratch\nLABEL stage=second\n"
    build(request(recipe, "target", target="first"))
    assert labels("target") == {"stage": "first"}


def test_another_dockerfile_of_the_context_can_be_named() -> None:
    files = {"images/small.Dockerfile": b"FROM scratch\nLABEL from=small\n"}
    recipe = BuildRequest(
        context=tar(files),
        tags=(tag("small"),),
        labels={MARK: "1"},
        dockerfile="images/small.Dockerfile",
    )
    build(recipe)
    assert labels("small") == {"from": "small"}


def test_a_base_that_was_just_built_is_the_base_that_is_used() -> None:
    mark = uuid.uuid4().hex
    build(request("FROM scratch\nCOPY greeting /\n", "base", labels={"mark": mark}))
    build(request(f"FROM {tag('base')}\nCOPY greeting /again\n", "derived"))
    assert labels("derived") == {"mark": mark}


def test_a_step_that_was_done_before_says_so() -> None:
    recipe = request(f"FROM {SHELL}\nRUN echo once-{uuid.uuid4().hex}\n")
    cached = []
    for _ in range(2):
        heard = Heard()
        build(recipe, heard)
        [step] = [one for one in heard.of(VertexFinished) if "RUN" in one.vertex]
        cached.append(step.cached)
    assert cached == [False, True]


def test_progress_tells_the_context_and_every_step_from_start_to_finish() -> None:
    heard = Heard()
    build(request(f"FROM {SHELL}\nRUN echo {uuid.uuid4().hex}\n"), heard)
    assert [event.sent for event in heard.of(ContextSent)][-1] == 10240
    started = [event.vertex for event in heard.of(VertexStarted)]
    assert sorted(started) == sorted(event.vertex for event in heard.of(VertexFinished))
    assert not [name for name in started if "[internal]" in name]
    assert all(event.seconds >= 0 for event in heard.of(VertexFinished))


def test_log_lines_are_whole_whatever_the_step_writes() -> None:
    heard = Heard()
    script = r"printf 'one\r\ntwo\n\n'; printf 'grü'; sleep 0.3; printf 'n\n10%%\r20%%\r30%%\nend'"
    build(request(f"FROM {SHELL}\nRUN {script}\n", no_cache=True), heard)
    assert heard.lines() == ["one", "two", "", "grün", "30%", "end"]


def test_secrets_of_the_client_and_of_one_build_are_mounted() -> None:
    recipe = (
        f"FROM {SHELL}\nRUN --mount=type=secret,id=shared --mount=type=secret,id=own "
        "cat /run/secrets/shared /run/secrets/own\n"
    )
    heard = Heard()

    async def one(buildkit: BuildKit) -> None:
        own = request(recipe, no_cache=True, secrets={"own": lambda: b"for this build\n"})
        await buildkit.build(own, heard)

    run(one, secrets={"shared": lambda: b"for everyone\n"})
    assert heard.lines() == ["for everyone", "for this build"]


def test_a_secret_that_nobody_has_fails_the_build_by_name() -> None:
    recipe = f"FROM {SHELL}\nRUN --mount=type=secret,id=absent,required=true true\n"
    assert "secret absent" in str(failure(request(recipe, no_cache=True)))


def test_a_secret_that_cannot_be_read_fails_the_build_without_its_text() -> None:
    def broken() -> bytes:
        raise OSError("tops3cret")

    recipe = f"FROM {SHELL}\nRUN --mount=type=secret,id=broken,required=true true\n"
    error = failure(request(recipe, no_cache=True, secrets={"broken": broken}))
    assert "secret broken: OSError" in str(error)
    assert "tops3cret" not in str(error)


def test_a_failing_command_gives_its_step_last_lines_and_exit_code() -> None:
    error = failure(request(f"FROM {SHELL}\nRUN echo working; echo broken >&2; exit 23\n"))
    assert error.exit_code == 23
    assert sorted(error.log_tail) == ["broken", "working"]  # two streams, no order between them
    assert error.vertex is not None
    assert "RUN echo working" in error.vertex
    assert "rpc error" not in str(error)
    assert error.line in {None, 2}  # Docker 20.10 does not say it


def test_a_dockerfile_that_cannot_be_parsed_gives_the_line() -> None:
    error = failure(request("FROM scratch\n\nFETCH x\n"))
    assert error.line == 3
    assert "unknown instruction: FETCH" in str(error)


def test_a_missing_dockerfile_is_said() -> None:
    recipe = BuildRequest(context=tar({"greeting": b""}), dockerfile="Containerfile")
    assert "Containerfile" in str(failure(recipe))


def test_a_request_that_the_engine_refuses_fails_without_delay() -> None:
    before = time.monotonic()
    error = failure(BuildRequest(context=tar({"Dockerfile": b"FROM scratch\n"}), tags=("NO TAG",)))
    assert "must be lowercase" in str(error)
    assert time.monotonic() - before < 30


def test_warnings_carry_their_line_where_the_engine_gives_any() -> None:
    heard = Heard()
    build(request("from scratch\nCOPY greeting /\nMAINTAINER me\n"), heard)
    warnings = heard.of(BuildWarning)
    with tiny_build.engine() as client:
        gives_warnings = int(client.version()["Version"].split(".")[0]) >= 27
    assert bool(warnings) == gives_warnings
    assert all(warning.message and warning.line for warning in warnings)


def test_what_reading_the_context_raises_comes_out_as_it_is(tmp_path: Path) -> None:
    def vanished() -> Iterator[bytes]:
        yield b"\0" * 100_000
        yield (tmp_path / "vanished").read_bytes()

    async def both(buildkit: BuildKit) -> BuildResult:
        with pytest.raises(FileNotFoundError, match="vanished"):
            await buildkit.build(BuildRequest(context=vanished))
        return await buildkit.build(request("FROM scratch\nCOPY greeting /\n"))

    assert run(both).image_id.startswith("sha256:")


@pytest.mark.parametrize("moment", [ContextSent, VertexStarted])
def test_what_the_listener_raises_comes_out_as_it_is(moment: type) -> None:
    def grumble(event: object) -> None:
        if type(event) is moment:
            raise LookupError("no more")

    async def both(buildkit: BuildKit) -> BuildResult:
        recipe = request("FROM scratch\nCOPY greeting /\n", no_cache=True)
        with pytest.raises(LookupError, match="no more"):
            await buildkit.build(recipe, grumble)
        return await buildkit.build(recipe)

    assert run(both).image_id.startswith("sha256:")


def test_many_builds_at_a_time_share_one_connection() -> None:
    async def many(buildkit: BuildKit) -> list[BuildResult]:
        recipes = [
            request(f"FROM {SHELL}\nRUN echo {number}\nCOPY greeting /\n", f"many-{number}")
            for number in range(32)
        ]
        return await asyncio.gather(*(buildkit.build(recipe) for recipe in recipes))

    results = run(many)
    assert len({result.image_id for result in results}) == 32
    assert all(inspect(f"many-{n}")["Id"] == results[n].image_id for n in (0, 31))


def test_cancelling_stops_the_step_in_the_engine_and_leaves_the_connection_usable() -> None:
    moment = f"60.{uuid.uuid4().int % 10**12}"
    running = asyncio.Event()

    def watch(event: object) -> None:
        if isinstance(event, VertexStarted) and "RUN" in event.vertex:
            running.set()

    async def cancelled(buildkit: BuildKit) -> BuildResult:
        recipe = request(f"FROM {SHELL}\nRUN sleep {moment}\n", "cancelled")
        building = asyncio.create_task(buildkit.build(recipe, watch))
        await running.wait()
        await until(sleeps=True)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building
        await until(sleeps=False)
        return await buildkit.build(request("FROM scratch\nCOPY greeting /\n"))

    async def until(*, sleeps: bool) -> None:
        command = f"sleep\0{moment}\0".encode()
        while sleeps != (command in set(command_lines())):  # noqa: ASYNC110 - /proc has no events
            await asyncio.sleep(0.05)

    assert run(cancelled).image_id.startswith("sha256:")
    assert not exists("cancelled")


def command_lines() -> Iterator[bytes]:
    """What runs on this machine, where the engine is."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield path.read_bytes()


def test_a_large_context_is_never_held_in_memory() -> None:
    megabytes = 300
    head = b"".join(tar({"Dockerfile": b"FROM scratch\nCOPY Dockerfile /\n"})())[:1024]

    def large() -> Iterator[bytes]:
        yield head
        yield tar_header("large", megabytes << 20)
        for _ in range(megabytes):
            yield bytes(1 << 20)
        yield bytes(1024)

    heard = Heard()
    tracemalloc.start()
    try:
        build(BuildRequest(context=large, labels={MARK: "1"}), heard)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert heard.of(ContextSent)[-1].sent > megabytes << 20
    assert peak < 16 << 20


def tar_header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)
