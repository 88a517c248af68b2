"""GitHub's API of comments, as far as we use it, on a port of the loopback.

Shapes and statuses are those of docs.github.com/rest/issues/comments; lists are pages of at most
`per_page`, with a `Link` to the next one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback_server import Answer, Exchange, LoopbackServer

TOKEN = "ghs_" + "t" * 36
BOT = "github-actions[bot]"
REPOSITORY = "acme/connectors"
PULL_REQUEST = 7
_COMMENTS = f"/repos/{REPOSITORY}/issues/{PULL_REQUEST}/comments"
_PULLS = f"/repos/{REPOSITORY}/pulls"
_COMMENT = re.compile(rf"/repos/{REPOSITORY}/issues/comments/(\d+)")


@dataclass(kw_only=True, slots=True)
class FakeGitHub:
    """One pull request and its comments.

    Attributes:
        comments: id -> author and body, in the order in which they were written.
        faults: answered to the next requests of a method instead, in turn; a fault that is
            `done` comes after the work.
        heads: of open pull requests: number -> `owner:branch`.
        heard: method and path of each request.
    """

    url: str = ""
    comments: dict[int, tuple[str, str]] = field(default_factory=dict)
    faults: dict[str, list[tuple[Answer, bool]]] = field(default_factory=dict)
    heads: dict[int, str] = field(default_factory=lambda: {PULL_REQUEST: "fork:my/branch#1"})
    heard: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a job of Actions sees."""
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_GRAPHQL_URL": f"{self.url}/graphql",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": TOKEN,
        }

    def said(self, author: str, body: str) -> int:
        """Somebody comments."""
        number = 1000 + len(self.comments)
        self.comments[number] = (author, body)
        return number

    def by(self, author: str) -> list[str]:
        """The bodies of all comments of one author."""
        return [body for who, body in self.comments.values() if who == author]

    def writes(self) -> list[str]:
        """The methods of all requests that change something, in turn."""
        methods = (entry.split()[0] for entry in self.heard if not entry.endswith("/graphql"))
        return [method for method in methods if method != "GET"]

    def fail(
        self,
        method: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        *,
        done: bool = False,
    ) -> None:
        """Answer the next request of that method so."""
        answer = _json(status, {"message": f"trouble of {TOKEN}"}, **(headers or {}))
        self.faults.setdefault(method, []).append((answer, done))

    def handle(self, exchange: Exchange) -> None:
        """One request."""
        self.heard.append(f"{exchange.method} {exchange.path}")
        faults = self.faults.get(exchange.method)
        fault, done = faults.pop(0) if faults else (None, True)
        answer = self._answer(exchange) if done else None
        exchange.answer(fault or answer or Answer(status=500))

    def _answer(self, exchange: Exchange) -> Answer:
        url = urlsplit(exchange.path)
        if exchange.headers.get("authorization") != f"Bearer {TOKEN}":
            return _json(401, {"message": "Bad credentials"})
        if url.path == "/graphql":
            return _json(200, {"data": {"viewer": {"login": BOT}}})
        one = _COMMENT.fullmatch(url.path)
        ways: dict[str, Callable[[], Answer]] = {}
        if url.path == _PULLS:
            ways = {"GET": lambda: _json(200, self._pulls(url.query))}
        elif url.path == _COMMENTS:
            ways = {"GET": lambda: self._page(url.query), "POST": lambda: self._post(exchange)}
        elif one and int(one[1]) in self.comments:
            number = int(one[1])
            ways = {
                "PATCH": lambda: self._patch(number, exchange),
                "DELETE": lambda: self._delete(number),
            }
        return ways.get(exchange.method, lambda: _json(404, {"message": "Not Found"}))()

    def _page(self, query: str) -> Answer:
        asked = {name: int(values[0]) for name, values in parse_qs(query).items()}
        size, page = min(asked.get("per_page", 30), 100), asked.get("page", 1)
        listed = [self._shown(number) for number in self.comments]
        here = listed[(page - 1) * size : page * size]
        more = len(listed) > page * size
        # of another host: who follows it sends the token there
        link = f'<https://elsewhere.example/x?page={page + 1}>; rel="next"'
        return _json(200, here, **({"link": link} if more else {}))

    def _pulls(self, query: str) -> list[dict[str, Any]]:
        """All that are open, where the head makes no sense."""
        (head,) = parse_qs(query).get("head", [""])
        owner, colon, _ = head.partition(":")
        return [
            {"number": number, "head": {"label": label}}
            for number, label in self.heads.items()
            if label == head or not (owner and colon)
        ]

    def _post(self, exchange: Exchange) -> Answer:
        return _json(201, self._shown(self.said(BOT, _body(exchange))))

    def _patch(self, number: int, exchange: Exchange) -> Answer:
        self.comments[number] = (self.comments[number][0], _body(exchange))
        return _json(200, self._shown(number))

    def _delete(self, number: int) -> Answer:
        del self.comments[number]
        return Answer(status=204)

    def _shown(self, number: int) -> dict[str, Any]:
        author, body = self.comments[number]
        web = f"https://github.example/{REPOSITORY}/pull/{PULL_REQUEST}#issuecomment-{number}"
        return {"id": number, "user": {"login": author}, "body": body, "html_url": web}


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Answering until the end of the block."""
    made = FakeGitHub()
    server = LoopbackServer(made.handle)
    made.url = server.url
    try:
        yield made
    finally:
        server.stop()


def _body(exchange: Exchange) -> str:
    text = json.loads(exchange.body)["body"]
    assert 0 < len(text) <= 65_536, "GitHub says 422"
    return str(text)


def _json(status: int, document: Any, **headers: str) -> Answer:
    return Answer(status=status, headers=headers, body=json.dumps(document).encode())
