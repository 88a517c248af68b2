"""One comment of ours on a pull request, whatever GitHub answers and whoever wrote the others."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING

import pytest
from github_api import BOT, PULL_REQUEST, REPOSITORY, TOKEN, FakeGitHub, fake_github
from monorepos import settings

from build_config.commands.comment import comment
from build_config.errors import StepError, UnclearError, UsageError, YardError
from build_config.github.comment_text import MARKER
from build_config.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EARLIER = f"{MARKER}\nof an earlier run"


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with fake_github() as answering:
        yield answering


def write(root: Path, github: FakeGitHub, **flags: str | None) -> str:
    """Run the command on a repository in which nothing ran; what it said."""
    streams = Streams(out=io.StringIO(), notes=io.StringIO(), environ=github.environment)
    given = {"pull_request": str(PULL_REQUEST), **flags}
    assert comment(settings(root), streams, **given) == 0
    return str(streams.out.getvalue()).strip()  # type: ignore[attr-defined]  # a StringIO


def test_the_first_time_it_is_written_and_then_it_is_as_it_should_be(
    tmp_path: Path, github: FakeGitHub
) -> None:
    github.said("maintainer", "nice")
    said = write(tmp_path, github)
    assert said.endswith(f"/{REPOSITORY}/pull/{PULL_REQUEST}#issuecomment-1001")
    assert github.by(BOT) == [f"{MARKER}\n### Nothing was built or tested\n\n"]
    assert write(tmp_path, github) == said
    assert github.writes() == ["POST"]


def test_ours_is_found_on_the_second_page_and_changed_in_place(
    tmp_path: Path, github: FakeGitHub
) -> None:
    for number in range(130):
        github.said("maintainer", f"thought {number}")
    github.said(BOT, EARLIER)
    write(tmp_path, github)
    assert github.writes() == ["PATCH"]
    assert "Nothing was built" in github.by(BOT)[0]


def test_somebody_elses_comment_with_our_marker_is_theirs(
    tmp_path: Path, github: FakeGitHub
) -> None:
    github.said("stranger", EARLIER)
    github.said(BOT, f"of another workflow, which quotes {MARKER}")
    write(tmp_path, github)
    assert github.by("stranger") == [EARLIER]
    assert len(github.by(BOT)) == 2
    assert github.writes() == ["POST"]


def test_of_two_that_were_written_at_once_the_older_stays(
    tmp_path: Path, github: FakeGitHub
) -> None:
    first = github.said(BOT, EARLIER)
    github.said(BOT, EARLIER)
    assert write(tmp_path, github).endswith(str(first))
    assert len(github.by(BOT)) == 1
    assert github.writes() == ["PATCH", "DELETE"]


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
def test_a_bad_gateway_is_asked_again_and_nothing_is_written_twice(
    tmp_path: Path, github: FakeGitHub, method: str, *, done: bool
) -> None:
    """Whether the work was done before the answer was lost or not; the first POST is `login`."""
    if method == "PATCH":
        github.said(BOT, EARLIER)
    if method == "POST":
        github.fail(method, 502)
    github.fail(method, 502, done=done)
    write(tmp_path, github)
    assert github.by(BOT) == [f"{MARKER}\n### Nothing was built or tested\n\n"]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"retry-after": "1"}),
        (403, {"retry-after": "1"}),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}),
    ],
)
def test_who_asks_too_much_waits_as_long_as_github_says(
    tmp_path: Path, github: FakeGitHub, status: int, headers: dict[str, str]
) -> None:
    given = {name: _moment(value) for name, value in headers.items()}
    github.fail("GET", status, given)
    begin = time.monotonic()
    write(tmp_path, github)
    assert time.monotonic() - begin > 0.9
    assert len(github.by(BOT)) == 1


def _moment(value: str) -> str:
    return str(int(time.time()) + 2) if value == "soon" else value


def test_who_would_have_to_wait_for_long_is_told_so_at_once(
    tmp_path: Path, github: FakeGitHub
) -> None:
    later = str(int(time.time()) + 999)
    github.fail("GET", 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": later})
    with pytest.raises(UnclearError, match="says 403") as caught:
        write(tmp_path, github)
    assert caught.value.hint == "the same command again, later"


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "no token"), (403, "pull-requests: write"), (404, "no such pull")]
)
def test_a_refusal_is_told_with_what_to_do_and_without_the_token(
    tmp_path: Path, github: FakeGitHub, status: int, hint: str
) -> None:
    github.fail("GET", status)
    with pytest.raises(StepError, match=rf"says {status}: trouble of \*\*\*") as caught:
        write(tmp_path, github)
    assert hint in caught.value.hint
    assert caught.value.exit_code == 1
    assert github.by(BOT) == []


def test_another_token_is_refused_by_github(tmp_path: Path, github: FakeGitHub) -> None:
    streams = Streams(
        out=io.StringIO(),
        notes=io.StringIO(),
        environ={**github.environment, "GITHUB_TOKEN": "of-nobody"},
    )
    with pytest.raises(StepError, match="says 401: Bad credentials"):
        comment(settings(tmp_path), streams, pull_request="7", runs=str(tmp_path))


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        ({"pull_request": None}, {}, "`--pull-request` is missing"),
        ({"pull_request": "7/../8"}, {}, "`--pull-request` cannot be"),
        ({"pull_request": "0"}, {}, "`--pull-request` cannot be"),
        ({"repository": "acme"}, {}, "`--repository` cannot be `acme`"),
        ({"repository": "acme/.."}, {}, "`--repository` cannot be"),
        ({"repository": "acme/x?y"}, {}, "`--repository` cannot be"),
        ({}, {"GITHUB_REPOSITORY": ""}, "`--repository` is missing"),
        ({}, {"GITHUB_TOKEN": ""}, "`GITHUB_TOKEN` has no token"),
        ({}, {"GITHUB_TOKEN": "a\nb"}, "`GITHUB_TOKEN` has no token"),
        ({}, {"GITHUB_API_URL": "http://github.example"}, "`GITHUB_API_URL` is no https"),
        ({}, {"GITHUB_API_URL": "https://["}, "`GITHUB_API_URL` is no https"),
        ({}, {"GITHUB_API_URL": "https://github.example:99999"}, "`GITHUB_API_URL` is no https"),
        ({}, {"GITHUB_GRAPHQL_URL": "http://github.example"}, "`GITHUB_GRAPHQL_URL` is no https"),
        ({"pull_request": None, "head": "fork"}, {}, "`--head` cannot be `fork`"),
        ({"pull_request": None, "head": "fo/rk:x"}, {}, "`--head` cannot be"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(
    tmp_path: Path,
    github: FakeGitHub,
    flags: dict[str, str | None],
    environment: dict[str, str],
    said: str,
) -> None:
    streams = Streams(
        out=io.StringIO(), notes=io.StringIO(), environ={**github.environment, **environment}
    )
    given = {"pull_request": "7", "runs": str(tmp_path), **flags}
    with pytest.raises(UsageError, match=said):
        comment(settings(tmp_path), streams, **given)
    assert github.heard == []


@pytest.mark.parametrize(("head", "written"), [("fork:my/branch#1", 1), ("other:branch", 0)])
def test_the_pull_request_of_a_fork_is_found_by_its_branch(
    tmp_path: Path, github: FakeGitHub, head: str, written: int
) -> None:
    github.heads[8] = "stranger:branch"
    write(tmp_path, github, pull_request=None, head=head)
    assert len(github.by(BOT)) == written


def test_where_no_runner_left_anything_nothing_was_built(
    tmp_path: Path, github: FakeGitHub
) -> None:
    write(tmp_path, github, runs=str(tmp_path / "nowhere"))
    assert github.by(BOT) == [f"{MARKER}\n### Nothing was built or tested\n\n"]


def test_a_record_that_is_none_is_an_error_that_names_it(
    tmp_path: Path, github: FakeGitHub
) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": 1, "steps": "many"}))
    with pytest.raises(YardError, match=r"run\.json` is not the record of a run"):
        write(tmp_path, github, runs=str(tmp_path))
    assert github.heard == []


def test_the_token_is_in_no_line_that_is_written(tmp_path: Path, github: FakeGitHub) -> None:
    assert TOKEN not in write(tmp_path, github)
    assert TOKEN not in repr(github.by(BOT))
