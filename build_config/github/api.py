"""A question to GitHub's API in, its answer out; asked again where that may help.

Facts: docs.github.com, "Using pagination in the REST API", "Rate limits for the REST API", and
"Variables reference" of Actions (`GITHUB_API_URL`, `GITHUB_GRAPHQL_URL`).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from build_config.errors import StepError, UnclearError, UsageError
from build_config.masking import Mask
from build_config.registry.address import Address, is_loopback
from build_config.registry.patience import Budget, Patience
from build_config.registry.session import asked_to_wait, may_change
from build_config.registry.transport import Reply, Request, Silence, Transport, open_transport
from build_config.wording import one_line, shorten

BUDGET = Budget(total=120, call=30, longest_wait=15)
_PUBLIC = "https://api.github.com"
_ENTERPRISE = "/api/v3"
_LARGEST_ANSWER = 64 * 1024 * 1024  # a hundred comments of 65,536 characters each
_SAID = 200  # characters of what GitHub gives as the reason
_UNTIL = "x-ratelimit-reset"  # seconds since 1970
_ACCEPT = "application/vnd.github+json"
_HINTS = {
    401: "`GITHUB_TOKEN` is no token, or none any more",
    403: "the token needs `pull-requests: write`, which runs for forks never have",
    404: "there is no such pull request, or the token may not see it",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the two APIs are: URLs without a slash at their end."""

    rest: str
    graphql: str


def read_place(environ: Mapping[str, str]) -> Place:
    """The API of the GitHub whose runner this is, else of github.com.

    Raises:
        UsageError: an address that no token may be sent to.
    """
    rest = (environ.get("GITHUB_API_URL") or _PUBLIC).rstrip("/")
    beside = rest.removesuffix("/v3") if rest.endswith(_ENTERPRISE) else rest
    graphql = environ.get("GITHUB_GRAPHQL_URL") or f"{beside}/graphql"
    for name, url in (("GITHUB_API_URL", rest), ("GITHUB_GRAPHQL_URL", graphql)):
        if not _is_safe(url):
            raise UsageError(f"`{name}` is no https address: the token is not sent there")
    return Place(rest=rest, graphql=graphql)


def _is_safe(url: str) -> bool:
    """Nobody on the way reads what is sent there."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:  # `https://[`, `https://github.example:99999`
        return False
    if parts.scheme == "http":
        return is_loopback(host)
    return parts.scheme == "https" and host != ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHub:
    """One who has a token, for one piece of work.

    Attributes:
        patience: for all requests together.
    """

    place: Place
    patience: Patience
    transport: Transport
    token: str = field(repr=False)

    async def read(self, url: str) -> Reply:
        """What a GET is answered.

        Raises:
            StepError: GitHub refuses.
            UnclearError: it does not answer.
        """
        return await self._insist("GET", url, None)

    async def login(self) -> str:
        """Who we are: `github-actions[bot]`. Tokens of apps may not ask `/user`, but this they may.

        Raises:
            StepError: GitHub refuses.
            UnclearError: it does not answer, or not this.
        """
        question = {"query": "query { viewer { login } }"}
        answer = decoded(await self._insist("POST", self.place.graphql, question))
        try:
            return str(answer["data"]["viewer"]["login"])
        except (KeyError, TypeError) as error:
            raise UnclearError("GitHub does not say whose the token is") from error

    async def attempt(self, method: str, url: str, document: Any = None) -> Reply | None:
        """Ask once; None where nobody knows whether it was done, after a wait: look, ask again.

        Raises:
            StepError: GitHub refuses.
            UnclearError: it does not answer, and there is no time left.
        """
        request = Request(
            method=method,
            url=url,
            headers={"accept": _ACCEPT, "content-type": "application/json"},
            authorization=f"Bearer {self.token}",
            content=None if document is None else json.dumps(document).encode(),
            limit=_LARGEST_ANSWER,
        )
        answered = await self.transport.send(request, seconds=self.patience.call)
        if isinstance(answered, Reply) and _is_done(method, answered.status):
            return answered
        if _is_for_now(answered) and await self.patience.again(_pause(answered)):
            return None
        raise self._failure(answered)

    async def _insist(self, method: str, url: str, document: Any) -> Reply:
        """For what changes nothing and may be asked any number of times."""
        while True:
            answered = await self.attempt(method, url, document)
            if answered is not None:
                return answered

    def _failure(self, answered: Reply | Silence) -> StepError:
        host = urlsplit(self.place.rest).netloc
        mask = Mask()
        mask.hide(self.token.encode())  # who answers may repeat what it was sent
        if isinstance(answered, Silence):
            return UnclearError(mask(f"`{host}` {answered.why}"))
        said = mask(f"`{host}` says {answered.status}{_message(answered)}")
        if _is_for_now(answered):
            return UnclearError(said, hint="the same command again, later")
        return StepError(said, hint=_HINTS.get(answered.status, ""))


@asynccontextmanager
async def open_github(place: Place, token: str, budget: Budget) -> AsyncIterator[GitHub]:
    """Connections to GitHub, closed at the end of the `with`."""
    parts = urlsplit(place.rest)
    address = Address(name=parts.netloc, root=place.rest, plain=parts.scheme == "http")
    async with open_transport(address) as transport:
        patience = Patience(budget)
        yield GitHub(place=place, patience=patience, transport=transport, token=token)


def decoded(reply: Reply) -> Any:
    """The JSON of an answer.

    Raises:
        UnclearError: it is none.
    """
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise UnclearError("GitHub's answer is no JSON", hint="see GITHUB_API_URL") from error


def has_next_page(reply: Reply) -> bool:
    """Whether the `Link` of a list says that it goes on; its URL is not followed."""
    return re.search(r';\s*rel="next"', reply.headers.get("link", "")) is not None


def _is_done(method: str, status: int) -> bool:
    """What is to be deleted may be gone already."""
    return 200 <= status < 300 or (method == "DELETE" and status == 404)  # noqa: PLR2004 - of HTTP


def _is_for_now(answered: Reply | Silence) -> bool:
    """GitHub says 403, not only 429, to those who ask too much."""
    if isinstance(answered, Reply) and answered.status == 403:  # noqa: PLR2004 - forbidden
        return "retry-after" in answered.headers or _is_used_up(answered)
    return may_change(answered)


def _is_used_up(reply: Reply) -> bool:
    return reply.headers.get("x-ratelimit-remaining") == "0"


def _pause(answered: Reply | Silence) -> float | None:
    """Seconds that GitHub wants us to wait."""
    asked = asked_to_wait(answered)
    if asked is None and isinstance(answered, Reply) and _is_used_up(answered):
        until = answered.headers.get(_UNTIL, "")
        return max(0.0, int(until[:12]) - time.time()) if until.isdecimal() else None
    return asked


def _message(reply: Reply) -> str:
    try:
        said = str(json.loads(reply.body)["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f": {shorten(one_line(said), _SAID)}"
