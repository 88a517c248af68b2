"""`invoke comment`: what runs came to, as the one comment of ours on a pull request."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from build_config import run_record
from build_config.errors import UsageError
from build_config.github.api import BUDGET, Place, open_github, read_place
from build_config.github.comment import put_comment
from build_config.github.comment_text import comment_text
from build_config.github.pull_requests import open_pull_requests
from build_config.run_record import RunRecord
from build_config.settings import Settings
from build_config.streams import Streams

_REPOSITORY = re.compile(r"(?!-)[A-Za-z0-9-]{1,39}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
"""What GitHub allows; it becomes a part of a URL."""
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_HEAD = re.compile(r"[A-Za-z0-9-]{1,39}:[^\x00-\x20\x7f]{1,255}")
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class CommentFlags:
    """The flags of `invoke comment`, as typed.

    Attributes:
        pull_request: its number.
        head: `owner:branch`, whose open pull requests are meant where there is no number.
        runs: folder with the records of runs, at any depth; None is the last run here.
        repository: `owner/name`; None is that of `GITHUB_REPOSITORY`.
    """

    pull_request: str | None = None
    head: str | None = None
    runs: str | None = None
    repository: str | None = None


def comment(settings: Settings, streams: Streams, **typed: str | None) -> int:
    """Write the comment, or bring the one that is there up to date.

    Args:
        settings: of the repository.
        streams: where to write; its environment has the token and the API's address.
        typed: the fields of `CommentFlags`.

    Raises:
        UsageError: a flag, or a variable of the environment, that cannot be.
        StepError: GitHub refuses.
        UnclearError: GitHub does not answer.
        YardError: a record that cannot be read.
    """
    flags = CommentFlags(**typed)
    named = _pull_request(flags)
    given = flags.repository or streams.environ.get("GITHUB_REPOSITORY")
    repository = _matching("--repository", given, _REPOSITORY, "`owner/name`")
    token = streams.environ.get("GITHUB_TOKEN", "")
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            "`GITHUB_TOKEN` has no token", hint="in a workflow it is `${{ github.token }}`"
        )
    records = _records(settings, streams, flags.runs)
    api = read_place(streams.environ)
    written = asyncio.run(_write(api, token, (repository, named), comment_text(records)))
    for where in written:
        streams.say(where)
    if not written:
        streams.note(f"`{named}` has no open pull request")
    return 0


def _pull_request(flags: CommentFlags) -> int | str:
    """The number, or the branch that it is found by.

    A workflow that follows that of a pull request is not told the number when it is a fork's.
    """
    if flags.head and not flags.pull_request:
        return _matching("--head", flags.head, _HEAD, "`owner:branch`")
    found = _matching("--pull-request", flags.pull_request, _NUMBER, "its number, or see `--head`")
    return int(found)


def _records(settings: Settings, streams: Streams, runs: str | None) -> tuple[RunRecord, ...]:
    """Of the last run, or of all below a folder: no artifacts, no folder."""
    folder = run_record.last_folder(settings.state / "logs") if runs is None else Path(runs)
    if folder is None or not folder.is_dir():
        where = f": there is no folder `{folder}`" if folder else ""
        streams.note(f"no run left anything{where}")
        return ()
    return run_record.read_all(folder)


async def _write(
    api: Place, token: str, where: tuple[str, int | str], body: str
) -> tuple[str, ...]:
    """The addresses of the comments."""
    repository, named = where
    async with open_github(api, token, BUDGET) as github:
        if isinstance(named, int):
            numbers = [named]
        else:
            numbers = await open_pull_requests(github, repository, named)
        return tuple([await put_comment(github, repository, n, body) for n in numbers])


def _matching(flag: str, value: str | None, form: re.Pattern[str], wanted: str) -> str:
    if value is None or not form.fullmatch(value):
        shown = f"cannot be `{value}`" if value else "is missing"
        raise UsageError(f"`{flag}` {shown}", hint=f"`{flag}=…`: {wanted}")
    return value
