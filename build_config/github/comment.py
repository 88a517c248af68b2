"""A pull request and a text in, the one comment of ours that says it out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from build_config.errors import UnclearError
from build_config.github.api import GitHub, decoded, has_next_page
from build_config.github.comment_text import MARKER

Comment = Mapping[str, Any]

_PAGE = 100  # the most that GitHub gives


async def put_comment(github: GitHub, repository: str, number: int, body: str) -> str:
    """Write the comment, or change the one that is there; its address on the web.

    What may have been done is looked for before it is done again, so that there is never a second
    one. Should two runs have written at the same moment, the older comment stays.

    Args:
        github: whose token may comment.
        repository: `owner/name`.
        number: of the pull request.
        body: begins with the marker.

    Raises:
        StepError: GitHub refuses.
        UnclearError: it does not answer.
    """
    issues = f"{github.place.rest}/repos/{repository}/issues"
    comments = f"{issues}/{number}/comments"
    me = await github.login()
    written: Comment | None = None
    while True:
        found = [comment async for comment in _comments(github, comments)]
        ours = [comment for comment in found if _is_ours(comment, me)]
        if not ours and written:  # the list may be a moment behind
            ours = [written]
        if not ours:
            reply = await github.attempt("POST", comments, {"body": body})
            written = None if reply is None else decoded(reply)
        elif await _set_right(github, f"{issues}/comments", ours, body):
            return str(ours[0].get("html_url", ""))


async def _set_right(github: GitHub, place: str, ours: Sequence[Comment], body: str) -> bool:
    """Have the first say it and the others gone; False where one has to look again."""
    first, *others = ours
    done: list[object] = []
    if first["body"] != body:
        done.append(await github.attempt("PATCH", f"{place}/{int(first['id'])}", {"body": body}))
    done += [await github.attempt("DELETE", f"{place}/{int(other['id'])}") for other in others]
    return None not in done


async def _comments(github: GitHub, place: str) -> AsyncIterator[Comment]:
    """All of them, the oldest first."""
    page, more = 1, True
    while more:
        reply = await github.read(f"{place}?per_page={_PAGE}&page={page}")
        listed = decoded(reply)
        if not isinstance(listed, list):
            raise UnclearError("GitHub gave no list of comments", hint="see GITHUB_API_URL")
        for comment in listed:
            yield comment
        page, more = page + 1, has_next_page(reply)


def _is_ours(comment: Comment, me: str) -> bool:
    """Anybody may write the marker, and the token may write more than this."""
    author = (comment.get("user") or {}).get("login")
    return author == me and str(comment.get("body") or "").startswith(MARKER)
