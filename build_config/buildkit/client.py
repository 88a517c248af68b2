"""A BuildKit client: build requests in, images in the engine out, progress on the way.

```python
async with connect(Endpoint.unix("/var/run/docker.sock")) as buildkit:
    result = await buildkit.build(BuildRequest(context=tar, tags=("docker.io/me/demo:dev",)))
```
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from build_config.buildkit.connection import end, guarded, upgraded
from build_config.buildkit.control import SOLVE, STATUS, Control, control
from build_config.buildkit.diagnosis import diagnose
from build_config.buildkit.failures import EngineLostError, NotBuildKitError
from build_config.buildkit.messages import SolveRequest, SolveResponse, StatusRequest
from build_config.buildkit.progress import ContextSent, Narrator, Progress
from build_config.buildkit.request import BuildRequest, BuildResult, build_result, solve_request
from build_config.buildkit.session import Session, session
from build_config.buildkit.tunnel import tunnelled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from build_config.buildkit.endpoint import Endpoint

_STATUS_SECONDS: Final = 5
"""How long the end of the progress is waited for once the build is over; it comes at once."""
_SILENT_SECONDS: Final = 0.5
"""The same where nothing came yet: the engine may have refused before it began, so nothing will."""


def anonymous(_host: str) -> tuple[str, str] | None:
    """No login for any registry."""
    return None


def unheard(_progress: Progress) -> None:
    """Nobody listens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildKit:
    """A connected client; `connect` makes it. Any number of builds may run at a time."""

    control: Control
    session: Session
    secrets: Mapping[str, Callable[[], bytes]]
    open_session: Callable[..., AbstractAsyncContextManager[Session]]

    async def build(
        self, request: BuildRequest, on_progress: Callable[[Progress], None] = unheard
    ) -> BuildResult:
        """Builds one image. Cancelling the task cancels the build in the engine.

        Raises:
            BuildFailedError: the engine could not build it.
            EngineLostError: the connection broke.
            Exception: whatever reading the context, or `on_progress`, raised.
        """
        async with self._session_for(request) as serving:

            def sent(count: int) -> None:
                on_progress(ContextSent(sent=count))

            with serving.offering(request.context, sent) as (url, unreadable):
                question = solve_request(
                    request, ref=uuid4().hex, session=serving.identity, context=url
                )
                return await guarded(self._solve(question, on_progress), unreadable, serving.lost)

    @asynccontextmanager
    async def _session_for(self, request: BuildRequest) -> AsyncIterator[Session]:
        """The shared one; a private one for a build with secrets: a look-up says only an id."""
        if not request.secrets:
            yield self.session
            return
        async with self.open_session(secrets={**self.secrets, **request.secrets}) as private:
            yield private

    async def _solve(
        self, question: SolveRequest, on_progress: Callable[[Progress], None]
    ) -> BuildResult:
        narrator = Narrator(on_progress)
        answers: list[SolveResponse] = []
        watching = asyncio.create_task(self._watch(question.ref, narrator))
        try:
            await guarded(self.control.call(SOLVE, question, answers.append), watching)
        except GRPCError as error:
            if error.status is Status.UNIMPLEMENTED:
                raise NotBuildKitError(f"the engine has no BuildKit: {error.message}") from error
            patience = _STATUS_SECONDS if narrator.steps else _SILENT_SECONDS
            await asyncio.wait({watching}, timeout=patience)  # the last lines say why
            narrator.end()
            raise diagnose(error, narrator) from error
        else:
            await asyncio.wait({watching}, timeout=_STATUS_SECONDS)
            if watching.done():
                watching.result()  # what the listener raised at the last moment
        finally:
            await end(watching)
        narrator.end()
        if not answers:
            raise EngineLostError("the engine ended the build without a result")
        return build_result(answers[0])

    async def _watch(self, ref: str, narrator: Narrator) -> None:
        """Progress is a courtesy: where the engine gives none, the build goes on.

        An engine that is busy may not know the build yet; after six seconds it says "no such job".
        """
        for _attempt in range(3):
            try:
                await self.control.call(STATUS, StatusRequest(ref=ref), narrator.hear)
            except (GRPCError, EngineLostError):
                if not narrator.steps:
                    continue
            return


@asynccontextmanager
async def connect(
    endpoint: Endpoint,
    *,
    secrets: Mapping[str, Callable[[], bytes]] = MappingProxyType({}),
    credentials: Callable[[str], tuple[str, str] | None] = anonymous,
) -> AsyncIterator[BuildKit]:
    """A client over one control connection and one session, for the length of an `async with`.

    Args:
        endpoint: where the engine listens.
        secrets: for every build, id to a function that reads it; called each time it is asked for.
        credentials: registry host to (user name, password), or None for anonymous; called in a
            thread. Docker Hub is `registry-1.docker.io`; an identity token goes with an empty user
            name.

    Raises:
        NotBuildKitError: nobody there, or no BuildKit.
    """
    async with control(endpoint) as commands:
        upgrade = partial(upgraded, endpoint, "/session")
        tunnel = partial(tunnelled, commands.channel)
        carry = tunnel if commands.direct else upgrade
        open_session = partial(session, carry, credentials=credentials)
        async with open_session(secrets=secrets) as serving:
            yield BuildKit(
                control=commands, session=serving, secrets=secrets, open_session=open_session
            )
