"""BuildKit's Control service: a method and its request in, its answers out, and never a hang.

Source: api/services/control/control.proto, service Control.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from grpclib.const import Cardinality
from grpclib.exceptions import StreamTerminatedError

from build_config.buildkit import http2
from build_config.buildkit.connection import EndpointGoneError, guarded, upgraded
from build_config.buildkit.failures import EngineLostError
from build_config.buildkit.messages import (
    SolveRequest,
    SolveResponse,
    StatusRequest,
    StatusResponse,
)
from build_config.buildkit.wire import Message

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable

    from grpclib.client import Channel

    from build_config.buildkit.endpoint import Endpoint

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Method(Generic[Q, A]):
    """A method of the service: one question, one answer or a stream of them."""

    path: str
    question: type[Q]
    answer: type[A]


SOLVE: Final = Method(
    path="/moby.buildkit.v1.Control/Solve", question=SolveRequest, answer=SolveResponse
)
STATUS: Final = Method(
    path="/moby.buildkit.v1.Control/Status", question=StatusRequest, answer=StatusResponse
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """The connection that commands go over; many calls at a time.

    Attributes:
        lost: fails with `EngineLostError` when the connection ends.
        direct: it was HTTP/2 from the first byte, so sessions must go through it as well.
    """

    channel: Channel
    lost: asyncio.Future[None]
    direct: bool

    async def call(self, method: Method[Q, A], question: Q, on_answer: Callable[[A], None]) -> None:
        """Asks, and passes on every answer until the engine ends the call.

        Cancelling it resets the stream: the engine stops what it does for this call.

        Raises:
            EngineLostError: the connection broke.
            grpclib.exceptions.GRPCError: the engine answered with an error.
        """
        await guarded(self._exchange(method, question, on_answer), self.lost)

    async def _exchange(
        self, method: Method[Q, A], question: Q, on_answer: Callable[[A], None]
    ) -> None:
        request = self.channel.request(
            method.path, Cardinality.UNARY_STREAM, method.question, method.answer
        )
        try:
            async with request as stream:
                await stream.send_message(question, end=True)
                async for answer in stream:
                    on_answer(answer)
        except StreamTerminatedError as error:
            raise EngineLostError(f"the engine broke off `{method.path}`: {error}") from error


@asynccontextmanager
async def control(endpoint: Endpoint) -> AsyncIterator[Control]:
    """The control connection, for the length of an `async with`.

    Raises:
        NotBuildKitError: nobody there, or no BuildKit.
    """
    channel, protocol = http2.client()
    async with AsyncExitStack() as stack:
        try:
            lost = await stack.enter_async_context(upgraded(endpoint, "/grpc", protocol))
            direct = False
        except EndpointGoneError:
            # Deprecated since API 1.53 (Docker 29.2): the engine's own socket takes HTTP/2 then. No
            # engine without `/grpc` was there to try; the test removes it from one that has it.
            lost = await stack.enter_async_context(upgraded(endpoint, "", protocol))
            direct = True
        yield Control(channel=channel, lost=lost, direct=direct)
