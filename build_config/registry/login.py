"""A challenge and the login of the Docker configuration in, an `Authorization` header out.

Basic logins, tokens for a scope (distribution/distribution, docs/spec/auth/token.md), and identity
tokens that stand for a password (docs/spec/auth/oauth.md). No secret is in any text made here.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from build_config.masking import Mask
from build_config.registry.address import Address
from build_config.registry.challenge import Challenge, read_challenge
from build_config.registry.manifests import told
from build_config.registry.patience import AGAIN, retry_after
from build_config.registry.transport import Reply, Request, Silence, Transport

Credentials = Callable[[str], tuple[str, str] | None]
"""A registry's host -> user and password; an identity token has an empty user."""

_CLIENT = "connector-yard"
_OK = 200
_DENIED = frozenset({400, 401, 403})
_SECONDS_OF_A_TOKEN = 60.0  # where its server does not say (token.md)
_EARLY = 5.0  # seconds before its end from which a token is not used any more


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pass:
    """A header, and until when it holds, by the monotonic clock."""

    header: str = field(repr=False)
    until: float = float("inf")


class Login:
    """Who we are to one registry: asks for the login when there is a first challenge."""

    def __init__(self, transport: Transport, address: Address, credentials: Credentials) -> None:
        self.mask = Mask()
        self._transport = transport
        self._address = address
        self._credentials = credentials
        self._challenge: Challenge | None = None
        self._login: tuple[str, str] | None = None
        self._passes: dict[str, _Pass] = {}
        self._asked = False
        self._locks: dict[str, asyncio.Lock] = {}

    @property
    def trouble(self) -> str:
        """What may be wrong with the login, in words; empty before the first challenge."""
        if not self._asked:
            return ""
        return "there is no login for it" if self._login is None else "its login is not accepted"

    async def header(self, scope: str, *, seconds: float) -> str | Silence | None:
        """What to send along without being asked; None before the first challenge."""
        challenge = self._challenge
        if challenge is None:
            return None
        return self._known(scope) or await self._one_at_a_time(
            challenge, scope, used=None, seconds=seconds
        )

    async def renew(
        self, refused: Reply, *, used: str | None, scope: str, seconds: float
    ) -> str | Silence | None:
        """Another header after a 401, used once; None where there is nothing else to send."""
        challenge = read_challenge(refused.headers.get("www-authenticate", ""))
        if challenge is None or (challenge.scheme == "basic" and used is not None):
            return None
        return await self._one_at_a_time(challenge, scope, used=used, seconds=seconds)

    async def _one_at_a_time(
        self, challenge: Challenge, scope: str, *, used: str | None, seconds: float
    ) -> str | Silence | None:
        """Many may want the same token at the same moment: one of them fetches it."""
        await self._ask_for_login()  # a helper has a time limit of its own
        try:
            async with asyncio.timeout(seconds), self._locks.setdefault(scope, asyncio.Lock()):
                self._challenge = challenge
                known = self._known(scope)
                if known is not None and known != used:  # someone else was faster
                    return known
                return await self._new(challenge, scope, seconds=seconds)
        except TimeoutError:
            return Silence(why=f"gives no token: there is none within {seconds:.3g} s")

    async def _ask_for_login(self) -> None:
        """Once: a credential helper is a program, and takes its time."""
        async with self._locks.setdefault("", asyncio.Lock()):
            if self._asked:
                return
            self._login = await asyncio.to_thread(self._credentials, self._address.name)
            self._asked = True
        if self._login is not None:
            self.mask.hide(self._login[1].encode())
            self.mask.hide(":".join(self._login).encode())

    def _known(self, scope: str) -> str | None:
        found = self._passes.get(scope)
        return found.header if found and time.monotonic() < found.until else None

    async def _new(
        self, challenge: Challenge, scope: str, *, seconds: float
    ) -> str | Silence | None:
        if challenge.scheme == "basic":
            made: _Pass | Silence | None = self._basic()
        else:
            made = await self._token(challenge, scope, seconds=seconds)
        if not isinstance(made, _Pass):
            return made
        self._passes[scope] = made
        return made.header

    def _basic(self) -> _Pass | None:
        return _Pass(header=_basic_header(self._login)) if self._login else None

    async def _token(
        self, challenge: Challenge, scope: str, *, seconds: float
    ) -> _Pass | Silence | None:
        request = self._token_request(challenge, scope)
        if request is None:
            return Silence(why="wants the login sent to an address without TLS", again=False)
        reply = await self._transport.send(request, seconds=seconds)
        host = _host(request.url)
        if isinstance(reply, Silence):
            return Silence(why=f"gives no token: {host} {reply.why}", again=reply.again)
        if reply.status != _OK:
            return Silence(
                why=f"gives no token: {host} {told(reply)}",
                again=reply.status in AGAIN,
                asked=retry_after(reply.headers),
                denied=reply.status in _DENIED,
            )
        without = Silence(why=f"gives no token: {host} answered without one", again=False)
        return self._read(reply) or without

    def _token_request(self, challenge: Challenge, scope: str) -> Request | None:
        realm = challenge.parameters.get("realm", "")
        if not (realm.startswith("https://") or (self._address.plain and "://" in realm)):
            return None
        form = {"service": challenge.parameters.get("service", ""), "scope": scope}
        form = {name: value for name, value in form.items() if value}
        user, secret = self._login or ("", "")
        if secret and not user:
            form |= {"grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": secret}
            headers = {"content-type": "application/x-www-form-urlencoded"}
            content = urlencode(form).encode()
            return Request(method="POST", url=realm, headers=headers, content=content)
        mark = "&" if "?" in realm else "?"
        header = _basic_header(self._login) if self._login else None
        return Request(method="GET", url=f"{realm}{mark}{urlencode(form)}", authorization=header)

    def _read(self, reply: Reply) -> _Pass | None:
        try:
            answer: Any = json.loads(reply.body)
            token = answer.get("token") or answer["access_token"]
            seconds = float(answer.get("expires_in") or _SECONDS_OF_A_TOKEN)
        except (ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError):
            return None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return None
        self.mask.hide(token.encode())
        return _Pass(header=f"Bearer {token}", until=time.monotonic() + seconds - _EARLY)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "nobody"
    except ValueError:
        return "nobody"


def _basic_header(login: tuple[str, str]) -> str:
    return "Basic " + b64encode(":".join(login).encode()).decode()
