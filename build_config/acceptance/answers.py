"""What a command answered in, what is wrong with the manner of it out: end, lines, counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from build_config.connector_protocol.level import Level
from build_config.wording import counted

if TYPE_CHECKING:
    from build_config.acceptance.conversation import Answer


def ended_badly(answer: Answer) -> Iterator[str]:
    """Unless it ended by itself with exit code 0."""
    if not answer.ending.is_good:
        yield answer.story


def not_messages(answer: Answer) -> Iterator[str]:
    """The lines that are no messages of the protocol."""
    if answer.faults:
        yield str(answer.faults)


def not_exactly_one(answer: Answer, kind: str) -> Iterator[str]:
    """Unless it said one message of this type; why there is none, as far as that can be told."""
    count = answer.counts[kind]
    if count == 1:
        return
    if count:
        yield f"{counted(count, f'{kind} message')} instead of one"
    elif answer.ending.is_good and not answer.counts and not answer.faults:
        yield f"no {kind} message: it ended without output"
    else:
        faults = f": {answer.faults}" if answer.faults else ""
        yield f"no valid {kind} message: it {answer.story}{faults}"


def no_fault_told(answer: Answer, level: Level) -> Iterator[str]:
    """Unless it failed as the protocol wants: an exit code, and since 2022 an ERROR TRACE."""
    if answer.ending.fault:
        yield answer.ending.fault
    elif answer.ending.exit_code == 0:
        yield "exit code 0: the platform takes that for success"
    if level is Level.CURRENT and not answer.errors:
        yield f"no TRACE of type ERROR says why it {answer.ending.story}"
