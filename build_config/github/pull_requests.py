"""A branch of whoever's repository in, the numbers of its open pull requests out."""

from __future__ import annotations

from urllib.parse import quote

from build_config.errors import UnclearError
from build_config.github.api import GitHub, decoded


async def open_pull_requests(github: GitHub, repository: str, head: str) -> list[int]:
    """Those of `head`: mostly one, more where a branch is to go to several, or none.

    Args:
        github: with a token that may read pull requests.
        repository: `owner/name`, where they go to.
        head: `owner:branch`, where they come from.

    Raises:
        StepError: GitHub refuses.
        UnclearError: it does not answer.
    """
    wanted = f"head={quote(head, safe='')}&state=open&per_page=100"
    listed = decoded(await github.read(f"{github.place.rest}/repos/{repository}/pulls?{wanted}"))
    try:
        # a head that GitHub cannot make sense of gives it all that are open
        return sorted(int(entry["number"]) for entry in listed if entry["head"]["label"] == head)
    except (KeyError, TypeError) as error:
        raise UnclearError("GitHub gave no list of pull requests") from error
