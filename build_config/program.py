"""The one place that runs a command, prints its error and picks the exit code."""

from __future__ import annotations

import errno
import gc
import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.errors import RepositoryError, UsageError, YardError
from build_config.settings import Settings, read
from build_config.streams import Streams

if TYPE_CHECKING:
    from types import TracebackType

    from invoke.context import Context

BUG = 70
INTERRUPTED = 130

_GARBAGE = 100_000
"""New objects after which garbage is looked for; with Python's 700 a no-op takes a tenth longer.

Nearly all that a repository is read into stays until the end.
"""

Command = Callable[[Settings, Streams], int]

_REPEATABLE = (
    *("--connector", "--secret", "--answer"),
    *("--stream", "--source-mount", "--destination-mount"),
)
_EMPTY = ("--runs=", "--output=", "--junit=", "--registry=")
"""As of a variable that is not set; it would mean the folder that one is in, or the default."""


def run(context: Context, command: Command) -> None:
    """Run it; a failure ends the process with the failure's exit code, success returns.

    Success returns so that `invoke setup build` goes on to the next task.
    """
    from invoke.exceptions import Exit

    gc.set_threshold(_GARBAGE)
    streams = Streams.of_process()
    try:
        _refuse_missing_values(sys.argv)
        code = command(read(context.config, _project(context)), streams)
    except YardError as error:
        code = _tell(error, streams)
    except KeyboardInterrupt:
        streams.note("interrupted")
        code = INTERRUPTED
    except BrokenPipeError:
        _forget_the_reader()
        code = 1
    except Exception as error:  # noqa: BLE001 - the last resort: say that it is ours, and how to report it
        code = _tell_full_disk(error, streams) or _tell_bug(streams)
    if code:
        raise Exit(code=code)


def call(name: str, settings: Settings, streams: Streams, /, **flags: object) -> int:
    """Call a function of `build_config.commands`; imported only now: `invoke --list` is quick."""
    function = getattr(import_module(f"build_config.commands.{name}"), name)
    code: int = function(settings, streams, **flags)
    return code


def tell_of_settings(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A `sys.excepthook`: settings that Invoke cannot read are one line, and exit code 2.

    Invoke reads `invoke.yaml` after it has read `tasks.py` and before it calls any of us, and lets
    what is wrong with it end the process.
    """
    modules = {frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(trace)}
    if "invoke.config" not in modules:
        sys.__excepthook__(kind, error, trace)
        return
    from build_config.wording import one_line

    wrong = UsageError(
        f"the settings cannot be read: {one_line(str(error)) or kind.__name__}",
        hint="`invoke.yaml` has a line `name: value` for each setting, of the type of its default",
    )
    raise SystemExit(_tell(wrong, Streams.of_process()))


def _project(context: Context) -> Path:
    """Where the `tasks.py` is that Invoke found: a relative `root` starts there."""
    prefix = context.config._project_prefix  # noqa: SLF001 - it is told nowhere else
    return Path(prefix or os.curdir)


def _forget_the_reader() -> None:
    """`invoke list | head`: what is still buffered goes nowhere, else Python complains at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _refuse_missing_values(words: Sequence[str]) -> None:
    """Invoke drops a repeatable flag that got no value, as in `--connector $EMPTY`: it means all.

    After a task it also drops its own `-c`, which one may take for `--connector`, and anywhere its
    own `--dry`, which means something to it but nothing to a task: all would be done.
    """
    if not {"--dry", "-R"}.isdisjoint(words):
        raise UsageError("`--dry` is no flag of a task", hint="write `--dry-run`")
    if "-c" in words[2:]:
        raise UsageError("`-c` is no flag of a task", hint="write `--connector=…`")
    for word, following in pairwise((*words, "--")):
        flag = word.removesuffix("=")
        valueless = word in _REPEATABLE and following.startswith("-")
        if valueless or word in _EMPTY or (f"{word}=" in _EMPTY and not following):
            raise UsageError(f"`{flag}` has no value", hint=f"`{flag}=…`, or leave it out")


def _tell(error: YardError, streams: Streams) -> int:
    lines = error.defects if isinstance(error, RepositoryError) else (str(error),)
    for line in lines:
        streams.note(f"error: {line}")
    if error.hint:
        streams.note(f"hint: {error.hint}")
    return error.exit_code


def _tell_full_disk(error: Exception, streams: Streams) -> int:
    """Nothing where it is something else; `invoke list > file` writes to a disk, too."""
    if not isinstance(error, OSError) or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return 0
    _forget_the_reader()
    place = f" (`{error.filename}`)" if error.filename else ""
    return _tell(YardError(f"{error.strerror}{place}", hint="free some disk, and again"), streams)


def _tell_bug(streams: Streams) -> int:
    streams.note(traceback.format_exc().rstrip())
    streams.note(
        "error: this is a bug of Connector Yard "
        f"{metadata.version('connector-yard')} on Python {platform.python_version()}, "
        f"{platform.platform()}"
    )
    streams.note("hint: please report it with the lines above")
    return BUG
