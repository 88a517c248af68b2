"""A failed call in, a `BuildFailedError` with everything BuildKit gave away out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from build_config.buildkit.failures import BuildFailedError

if TYPE_CHECKING:
    from grpclib.exceptions import GRPCError

    from build_config.buildkit.messages import Detail
    from build_config.buildkit.progress import Narrator

_NOISE: Final = re.compile(
    r"rpc error: code = \w+ desc = "
    r"|^failed to (?:solve(?: with frontend [\w.]+)?|create LLB definition|build LLB"
    r"|compute cache key|calculate checksum of ref \S+): "
)
_EXIT_CODE: Final = re.compile(r"exit code: (\d+)")
_LINE: Final = re.compile(r"(?:parse error (?:on )?line|Dockerfile:|on line) ?(\d{1,7})")


def diagnose(error: GRPCError, narrator: Narrator) -> BuildFailedError:
    """The failure of Control/Solve, with what the progress told about the step at fault."""
    message = clean(error.message or error.status.name.lower())
    vertex, log_tail = narrator.failing_step()
    exit_code = _EXIT_CODE.search(message)
    return BuildFailedError(
        message,
        vertex=vertex,
        log_tail=log_tail,
        exit_code=int(exit_code[1]) if exit_code else None,
        line=_line(message, error.details or ()),
    )


def clean(message: str) -> str:
    """The message without what gRPC and every layer of BuildKit put in front of it."""
    previous = None
    while previous != message:
        previous, message = message, _NOISE.sub("", message).strip()
    return message


def _line(message: str, details: tuple[Detail, ...]) -> int | None:
    """From the message, or from the `errdefs.Source` in the call's details."""
    found = _LINE.search(message)
    if found:
        return int(found[1])
    lines = (_source_line(detail) for detail in details if "errdefs.Source" in detail.type_url)
    return next((line for line in lines if line), None)


def _source_line(detail: Detail) -> int | None:
    """First line of the first range of a Source (solver/errdefs/errdefs.proto), written as JSON."""
    try:
        line = json.loads(detail.value)["ranges"][0]["start"]["line"]
    except (ValueError, LookupError, TypeError):
        return None
    return line if isinstance(line, int) else None
