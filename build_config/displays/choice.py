"""What `--progress` says and where we run in, the display out."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

from build_config.displays.output import Display, Output
from build_config.errors import one_of
from build_config.events import Event
from build_config.steps import Step


def _display(module: str) -> Display:
    """The display of that module, imported when it is used: one run has one, and rich is large."""

    def show(
        steps: Sequence[Step], events: Iterable[Event], output: Output
    ) -> Generator[Event, None, None]:
        chosen: Display = import_module(f"build_config.displays.{module}").show
        return chosen(steps, events, output)

    return show


DISPLAYS: Mapping[str, Display] = MappingProxyType(
    {
        "live": _display("live"),
        "plain": _display("plain"),
        "github": _display("github"),
        "json": _display("json_lines"),
        "quiet": _display("quiet"),
    }
)
"""Every display by the word that chooses it."""


def choose(progress: str, environ: Mapping[str, str], *, terminal: bool) -> str:
    """The key of `DISPLAYS` that `progress` means here.

    `auto` is `github` in a GitHub workflow, `live` on a terminal that can move its cursor,
    else `plain`.

    Raises:
        UsageError: there is no such display.
    """
    one_of("--progress", progress, ("auto", *DISPLAYS))
    if progress != "auto":
        return progress
    if environ.get("GITHUB_ACTIONS") == "true":
        return "github"
    return "live" if terminal and environ.get("TERM") != "dumb" else "plain"
