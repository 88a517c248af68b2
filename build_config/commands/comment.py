"""`invoke comment`: what runs came to, as the one comment of ours on a pull request."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from build_config import run_record
from build_config.errors import UsageError
from build_config.github.api import BUDGET, Place, open_github, read_place
from build_config.github.comment import put_comment
from build_config.github.comment_text import comment_text
from build_config.settings import Settings
from build_config.streams import Streams

_REPOSITORY = re.compile(r"(?!-)[A-Za-z0-9-]{1,39}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
"""What GitHub allows; it becomes a part of a URL."""
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_TOKEN = re.compile(r"[!-~]+")


def comment(
    settings: Settings,
    streams: Streams,
    *,
    pull_request: str | None = None,
    runs: str | None = None,
    repository: str | None = None,
) -> int:
    """Write the comment, or bring the one that is there up to date.

    Args:
        settings: of the repository.
        streams: where to write; its environment has the token and the API's address.
        pull_request: its number.
        runs: folder with the records of runs, at any depth; None is the last run here.
        repository: `owner/name`; None is that of `GITHUB_REPOSITORY`.

    Raises:
        UsageError: a flag, or a variable of the environment, that cannot be.
        StepError: GitHub refuses.
        UnclearError: GitHub does not answer.
        YardError: a record that cannot be read.
    """
    number = _matching("--pull-request", pull_request, _NUMBER, "its number")
    given = repository or streams.environ.get("GITHUB_REPOSITORY")
    place = _matching("--repository", given, _REPOSITORY, "`owner/name`")
    token = streams.environ.get("GITHUB_TOKEN", "")
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            "`GITHUB_TOKEN` has no token", hint="in a workflow it is `${{ github.token }}`"
        )
    folder = settings.state / "logs" / "latest" if runs is None else Path(runs)
    if not folder.is_dir():
        raise UsageError(f"there is no folder `{folder}`", hint="see `--runs`")
    body = comment_text(run_record.read_all(folder.resolve()))
    api = read_place(streams.environ)
    streams.say(asyncio.run(_write(api, token, (place, int(number)), body)))
    return 0


async def _write(api: Place, token: str, where: tuple[str, int], body: str) -> str:
    async with open_github(api, token, BUDGET) as github:
        return await put_comment(github, *where, body)


def _matching(flag: str, value: str | None, form: re.Pattern[str], wanted: str) -> str:
    if value is None or not form.fullmatch(value):
        shown = f"cannot be `{value}`" if value else "is missing"
        raise UsageError(f"`{flag}` {shown}", hint=f"`{flag}=…`: {wanted}")
    return value
