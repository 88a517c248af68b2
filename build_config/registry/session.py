"""A request to a registry in, its answer out: with a login, and tried again where that may help."""

from __future__ import annotations

from build_config.registry.address import Address
from build_config.registry.login import Login
from build_config.registry.manifests import told
from build_config.registry.patience import AGAIN, Patience, retry_after
from build_config.registry.transport import Reply, Request, Silence, Transport

_UNAUTHORIZED = 401


class Session:
    """One registry, asked by one who may have a login.

    Attributes:
        address: where it is.
    """

    def __init__(self, transport: Transport, address: Address, login: Login) -> None:
        self.address = address
        self._transport = transport
        self._login = login

    async def ask(
        self, request: Request, repository: str, *, patience: Patience
    ) -> Reply | Silence:
        """What may be asked any number of times, until there is an answer that counts."""
        while True:
            answered = await self.once(request, repository, patience=patience)
            if not may_change(answered) or not await patience.again(asked_to_wait(answered)):
                return answered

    async def once(
        self, request: Request, repository: str, *, patience: Patience
    ) -> Reply | Silence:
        """Send it once; once more with a fresh login where the one that was sent is refused."""
        scope = _scope(request.method, repository)
        header = await self._login.header(scope, seconds=patience.call)
        if isinstance(header, Silence):
            return header
        answered = await self._send(request, header, patience)
        if isinstance(answered, Silence) or answered.status != _UNAUTHORIZED:
            return answered
        fresh = await self._login.renew(answered, used=header, scope=scope, seconds=patience.call)
        if isinstance(fresh, Silence):
            return fresh
        return answered if fresh is None else await self._send(request, fresh, patience)

    def told(self, answered: Reply | Silence) -> str:
        """One line that names the registry and what it said."""
        said = answered.why if isinstance(answered, Silence) else told(answered)
        refused = (
            answered.denied if isinstance(answered, Silence) else answered.status == _UNAUTHORIZED
        )
        trouble = f"; {self._login.trouble}: `docker login {self.address.name}`"
        more = trouble if refused and self._login.trouble else ""
        return self.hide(f"{self.address.name} {said}{more}")

    def hide(self, text: str) -> str:
        """The text without the login and its tokens: a registry may repeat what it was sent."""
        return self._login.mask(text)

    async def _send(
        self, request: Request, header: str | None, patience: Patience
    ) -> Reply | Silence:
        return await self._transport.send(request.with_login(header), seconds=patience.call)


def may_change(answered: Reply | Silence) -> bool:
    """Whether another try may get another answer."""
    return answered.again if isinstance(answered, Silence) else answered.status in AGAIN


def asked_to_wait(answered: Reply | Silence) -> float | None:
    """Seconds before another try, where the answer wants any."""
    return answered.asked if isinstance(answered, Silence) else retry_after(answered.headers)


def _scope(method: str, repository: str) -> str:
    """What a token is for: who may not push learns it in reading, before anything is done."""
    actions = "delete,pull,push" if method == "DELETE" else "pull,push"
    return f"repository:{repository}:{actions}"
