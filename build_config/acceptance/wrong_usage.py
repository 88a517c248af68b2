"""Calls that cannot be obeyed in, whether the connector refused each of them clearly out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from build_config.acceptance.case import CaseResult, Category
from build_config.connector_protocol.level import Level
from build_config.sandbox.request import FILES, MIB, Container

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer

_SECONDS: Final = 30.0
_OUTPUT: Final = 1 * MIB
_ABSENT: Final = f"{FILES}/absent.json"
_CONFIG: Final = f"{FILES}/config.json"
_BROKEN: Final = b'{"path": "/data", \n'
_NO_OBJECT: Final = b'["a config is an object"]\n'


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongCall:
    """A call, and the case that it is for.

    Attributes:
        config: content of `/config/config.json`; None where there is no such file.
    """

    name: str
    arguments: tuple[str, ...]
    config: bytes | None = None


def wrong_calls() -> tuple[WrongCall, ...]:
    """Those that need nothing of the connector's own."""
    check = ("check", "--config", _CONFIG)
    return (
        WrongCall(name="an unknown command is refused", arguments=("no-such-command",)),
        WrongCall(name="a call without a command is refused", arguments=()),
        WrongCall(
            name="a config that does not exist is refused",
            arguments=("check", "--config", _ABSENT),
        ),
        WrongCall(name="a config that is broken JSON is refused", arguments=check, config=_BROKEN),
        WrongCall(
            name="a config that is not an object is refused", arguments=check, config=_NO_OBJECT
        ),
    )


def without_catalog(command: str, config: bytes) -> WrongCall:
    """A `read` or `write` whose catalog does not exist."""
    return WrongCall(
        name="a catalog that does not exist is refused",
        arguments=(command, "--config", _CONFIG, "--catalog", _ABSENT),
        config=config,
    )


async def refused(bench: Bench, test: Test, call: WrongCall) -> CaseResult:
    """Make the call and judge the answer.

    Raises:
        FixtureError: a mount of `x-sandbox` leads nowhere.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    answer = await bench.ask(_container(bench, test, call))
    problems = _problems(answer, bench.subject.settings.level)
    return answer.judged(Category.ROBUSTNESS, call.name, problems)


def _container(bench: Bench, test: Test, call: WrongCall) -> Container:
    usual = bench.container("check", test)
    # a folder without a file: the sandbox makes it only for one
    files = {"unused.json": b"{}"} if call.config is None else {"config.json": call.config}
    limits = replace(usual.limits, seconds=_SECONDS, output_bytes=_OUTPUT)
    return replace(usual, arguments=call.arguments, files=files, limits=limits)


def _problems(answer: Answer, level: Level) -> Iterator[str]:
    """Refused is: another exit code than 0, a status FAILED, or a TRACE of an error."""
    if answer.faults:
        yield f"stdout is for messages only: {answer.faults}"
    if answer.ending.fault:
        yield answer.story
        return
    statuses = [status["status"] for status in answer.of("CONNECTION_STATUS")]
    is_told = "FAILED" in statuses or (level is Level.CURRENT and answer.errors)
    if "SUCCEEDED" in statuses:
        yield f"{answer.story} and said SUCCEEDED"
    elif answer.ending.exit_code == 0 and not is_told:
        yield f"{answer.story} as if nothing were wrong"
