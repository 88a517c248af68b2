"""What `--progress` says and where we run in, the display out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from build_config.displays import github, json_lines, live, plain, quiet
from build_config.displays.output import Display
from build_config.errors import UsageError

DISPLAYS: Mapping[str, Display] = MappingProxyType(
    {
        "live": live.show,
        "plain": plain.show,
        "github": github.show,
        "json": json_lines.show,
        "quiet": quiet.show,
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
    if progress in DISPLAYS:
        return progress
    if progress != "auto":
        names = ["auto", *DISPLAYS]
        near = difflib.get_close_matches(progress, names, n=1)
        guess = f"did you mean `{near[0]}`? " if near else ""
        raise UsageError(
            f"there is no progress display `{progress}`", hint=f"{guess}one of {', '.join(names)}"
        )
    if environ.get("GITHUB_ACTIONS") == "true":
        return "github"
    return "live" if terminal and environ.get("TERM") != "dumb" else "plain"
