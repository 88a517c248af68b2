"""A proxy between a client and a registry that goes wrong as it is told: rules in, faults out.

A rule is a request (method and path, as regular expressions), the how-manieth of these, and what
happens to it: one of the actions below, or any function of a `Passage`.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loopback_server import Answer, Exchange, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Mapping

_DROPPED = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "expect"})
_SECONDS = 60


@dataclass(kw_only=True, slots=True)
class Seen:
    """One request that came through.

    Attributes:
        status: that the registry answered; None where it was not asked.
        told: status that the client was told; None where it got no answer from here.
        faulty: a rule was applied to it.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    size: int
    status: int | None = None
    told: int | None = None
    faulty: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A request on its way, as an action sees it."""

    exchange: Exchange
    seen: Seen
    closing: threading.Event = field(repr=False)
    _upstream: str

    def forward(self, body: bytes | None = None) -> Answer:
        """Have the registry handle it, with another body perhaps; what it answered."""
        asked = self.exchange
        connection = http.client.HTTPConnection(self._upstream, timeout=_SECONDS)
        headers = {name: value for name, value in asked.headers.items() if name not in _DROPPED}
        content = asked.body if body is None else body
        try:
            if content or asked.method not in {"GET", "HEAD", "DELETE"}:
                headers["content-length"] = str(len(content))
            connection.request(asked.method, asked.path, content or None, headers)
            response = connection.getresponse()
            self.seen.status = response.status
            kept = {n: v for n, v in response.getheaders() if n.lower() not in _DROPPED}
            if asked.method == "HEAD" and response.getheader("content-length"):
                kept["Content-Length"] = str(response.getheader("content-length"))
            return Answer(status=response.status, headers=kept, body=response.read())
        finally:
            connection.close()

    def answer(self, answer: Answer) -> None:
        """Send it to the client."""
        self.seen.told = answer.status
        self.exchange.answer(answer)

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the life of the proxy."""
        self.closing.wait(seconds)


Action = Callable[[Passage], None]


def status(code: int, body: bytes = b"", **headers: str) -> Action:
    """Answer with that, and ask nobody; `Retry_After="1"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def act(passage: Passage) -> None:
        passage.answer(Answer(status=code, headers=named, body=body))

    return act


def missing(code: str = "MANIFEST_UNKNOWN") -> Action:
    """Say that there is no such thing: a read that lags behind the writes."""
    body = b'{"errors": [{"code": "%s"}]}' % code.encode()
    return status(404, body, Content_Type="application/json")


def reset_before(passage: Passage) -> None:
    """Cut the connection, and ask nobody."""
    passage.exchange.reset()


def reset_after(passage: Passage) -> None:
    """Have it handled, and cut the connection: the effect is there, the answer is lost."""
    passage.forward()
    passage.exchange.reset()


def hang_up(passage: Passage) -> None:
    """Close the connection without an answer."""
    passage.exchange.hang_up()


def hang(passage: Passage) -> None:
    """Neither ask nor answer, for ever."""
    passage.closing.wait()
    passage.exchange.reset()


def hang_after(passage: Passage) -> None:
    """Have it handled, and never answer."""
    passage.forward()
    hang(passage)


def trickle(passage: Passage) -> None:
    """Answer a byte at a time, for ever: a slow loris."""
    passage.exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not passage.closing.wait(0.02):
        passage.exchange.send(b" ")
    passage.exchange.reset()


def delay(seconds: float) -> Action:
    """Have it handled only after a while, even though the client may have gone away."""

    def act(passage: Passage) -> None:
        passage.wait(seconds)
        passage.answer(passage.forward())

    return act


def flip(passage: Passage) -> None:
    """Change a bit of what is sent to the registry."""
    body = passage.exchange.body
    passage.answer(passage.forward(_flipped(body)))


def flip_answer(passage: Passage) -> None:
    """Change a bit of what the registry sends."""
    answer = passage.forward()
    passage.answer(replace(answer, body=_flipped(answer.body)))


def truncate(passage: Passage) -> None:
    """Cut the answer in the middle of its body, or of its headers where it has none."""
    answer = passage.forward()
    length = {"Content-Length": str(len(answer.body) + 1)}
    passage.answer(replace(answer, headers={**answer.headers, **length}, body=answer.body[:-1]))
    passage.exchange.hang_up()


def false_header(name: str, value: str) -> Action:
    """Have the answer say something else in a header."""

    def act(passage: Passage) -> None:
        answer = passage.forward()
        kept = {n: v for n, v in answer.headers.items() if n.lower() != name.lower()}
        passage.answer(replace(answer, headers={**kept, name: value}))

    return act


def strip_header(name: str) -> Action:
    """Have the answer not say something."""

    def act(passage: Passage) -> None:
        answer = passage.forward()
        kept = {n: v for n, v in answer.headers.items() if n.lower() != name.lower()}
        passage.answer(replace(answer, headers=kept))

    return act


def before(call: Callable[[], object]) -> Action:
    """Do something, such as kill somebody, and then have it handled as usual."""

    def act(passage: Passage) -> None:
        call()
        passage.answer(passage.forward())

    return act


def after(call: Callable[[], object]) -> Action:
    """Have it handled, do something, and then answer."""

    def act(passage: Passage) -> None:
        answer = passage.forward()
        call()
        passage.answer(answer)

    return act


@dataclass(kw_only=True, slots=True)
class Rule:
    """What goes wrong, and when.

    Attributes:
        method: matches the whole method.
        path: is found in the path with its query.
        nth: the first of these requests that it is applied to, counted from 1.
        times: to how many in a row; None for all from there on.
        applied: to how many it was.
    """

    action: Action
    method: str = ".*"
    path: str = ""
    nth: int = 1
    times: int | None = 1
    applied: int = 0
    _matched: int = 0

    def applies(self, exchange: Exchange) -> bool:
        """Count the request, if it is one of these, and say whether it is one that goes wrong."""
        if not re.fullmatch(self.method, exchange.method) or not re.search(
            self.path, exchange.path
        ):
            return False
        self._matched += 1
        end = None if self.times is None else self.nth + self.times
        if self._matched < self.nth or (end is not None and self._matched >= end):
            return False
        self.applied += 1
        return True


class FaultProxy:
    """Forwards to a registry, but for what its rules say.

    Attributes:
        rules: the first that applies is; may be changed at any time.
        seen: every request, in order.
    """

    def __init__(self, upstream: str, *rules: Rule) -> None:
        self.rules = list(rules)
        self.seen: list[Seen] = []
        self._upstream = upstream
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = LoopbackServer(self._handle)

    @property
    def host(self) -> str:
        """Address and port."""
        return self._server.host

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._server.url

    @property
    def faults(self) -> int:
        """How many requests went wrong."""
        return sum(seen.faulty for seen in self.seen)

    def count(self, method: str, path: str = "") -> int:
        """How many requests there were of a method, and a path."""
        return sum(s.method == method and bool(re.search(path, s.path)) for s in self.seen)

    def forget(self, *rules: Rule) -> None:
        """Begin anew, with other rules or none."""
        with self._lock:
            self.rules = list(rules)
            self.seen = []

    def wait_for(self, method: str, path: str = "", *, seconds: float = 60.0) -> None:
        """Wait until there was such a request."""
        end = time.monotonic() + seconds
        while not self.count(method, path):
            assert time.monotonic() < end, f"no {method} {path} within {seconds} s"
            time.sleep(0.005)

    def close(self) -> None:
        """Stop, and cut every connection."""
        self._closing.set()
        self._server.stop()

    def _handle(self, exchange: Exchange) -> None:
        seen = Seen(
            method=exchange.method,
            path=exchange.path,
            headers=exchange.headers,
            size=len(exchange.body),
        )
        with self._lock:
            self.seen.append(seen)
            rule = next((rule for rule in self.rules if rule.applies(exchange)), None)
            seen.faulty = rule is not None
        passage = Passage(
            exchange=exchange, seen=seen, closing=self._closing, _upstream=self._upstream
        )
        try:
            (rule.action if rule else _pass)(passage)
        except (OSError, http.client.HTTPException):
            exchange.reset()  # the registry is down, or the client went away


@contextmanager
def fault_proxy(upstream: str, *rules: Rule) -> Iterator[FaultProxy]:
    """Start a proxy before `host:port`; it is gone at the end of the `with`."""
    proxy = FaultProxy(upstream, *rules)
    try:
        yield proxy
    finally:
        proxy.close()


def _pass(passage: Passage) -> None:
    passage.answer(passage.forward())


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return (
        content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :] if content else b""
    )
