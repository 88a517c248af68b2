"""The Docker engine: our Engine and Builder on the Docker SDK and our BuildKit client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from build_config import build_secrets
from build_config.connector import Secret
from build_config.docker_credentials import credentials
from build_config.engine import ImageBuild, LocalImage, Tell
from build_config.errors import EngineUnavailableError
from build_config.image import parse
from build_config.image_rows import Asking, image_rows
from build_config.machine import engine_socket
from build_config.machine.engine_address import EngineAddress, find_engine_address
from build_config.machine.engine_client import ask, connect, reachable
from build_config.masking import Mask
from build_config.wording import one_line

if TYPE_CHECKING:
    from build_config.buildkit.client import BuildKit
    from build_config.buildkit.endpoint import Endpoint

_MISSING: Final = 404


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerEngine:
    """The engine at an address; it is asked when something is wanted of it."""

    address: EngineAddress

    def images(self, state: Path) -> dict[str, LocalImage]:
        """Everything the engine has, by canonical reference: one question for the repository.

        Args:
            state: the folder `.yard`, for a list that takes long (`image_rows`).

        Raises:
            EngineUnavailableError: it does not answer.
        """
        listed: Iterable[Mapping[str, Any]]
        path = engine_socket.socket_path(self.address)
        if path:
            asking = Asking(
                name=path,
                get=partial(engine_socket.get, self.address, path),
                get_lines=partial(engine_socket.get_lines, self.address, path),
            )
            listed = image_rows(asking, state)
        else:
            with reachable(self.address), closing(connect(self.address)) as client:
                listed = client.images()
        return {reference: image for entry in listed for reference, image in _read_image(entry)}

    @asynccontextmanager
    async def builder(
        self, secrets: tuple[Secret, ...], ca_bundle: Path | None
    ) -> AsyncIterator[DockerBuilder]:
        """A connection for the steps of a run; opened when the first build asks for it.

        Args:
            secrets: offered to every build.
            ca_bundle: offered to every build as the secret `ca-bundle`.
        """
        mask = Mask()
        offered = _readers(secrets, mask)
        if ca_bundle:
            offered.setdefault("ca-bundle", ca_bundle.read_bytes)
        async with AsyncExitStack() as stack:
            yield DockerBuilder(engine=self, offered=offered, mask=mask, stack=stack)


def open_engine() -> DockerEngine:
    """The engine that the environment, or Docker's current context, names.

    Raises:
        EngineUnavailableError: that context cannot be read.
    """
    return DockerEngine(address=find_engine_address())


@dataclass(kw_only=True, slots=True)
class DockerBuilder:
    """A Builder: one BuildKit session and one control connection for all builds of a run."""

    engine: DockerEngine
    offered: Mapping[str, Callable[[], bytes]]
    mask: Mask
    stack: AsyncExitStack
    _buildkit: BuildKit | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def build(self, build: ImageBuild, tell: Tell) -> str:
        """See `engine.Builder.build`."""
        from build_config.buildkit.failures import BuildFailedError, BuildKitError
        from build_config.buildkit.request import BuildRequest
        from build_config.docker_progress import build_error, tell_build

        request = BuildRequest(
            context=build.context,
            tags=(build.tag,),
            build_args=build.build_args,
            labels=build.labels,
            no_cache=build.no_cache,
            target=build.target,
            secrets=_readers(build.secrets, self.mask),
            recorded=False,  # the run keeps its own log; another one takes the engine's time
        )
        hear = partial(tell_build, tell, self.mask, build.context_bytes)
        try:
            buildkit = await self._connected()
            result = await buildkit.build(request, hear)
        except BuildFailedError as error:
            raise build_error(error, self.mask) from error
        except BuildKitError as error:
            raise EngineUnavailableError(
                f"the engine went away: {one_line(str(error))}", hint="`invoke setup`, and again"
            ) from error
        return result.image_id

    async def pull(self, reference: str, tell: Tell, *, silence: float | None = None) -> LocalImage:
        """See `engine.Builder.pull`."""
        from build_config.docker_pull import pull_image

        await pull_image(self._endpoint, reference, tell, silence=silence)
        wanted = parse(reference).lookup
        entry = await self.inspect(reference)
        images = dict(_read_image(_as_listed(entry)))
        return images.get(wanted) or LocalImage(id=entry["Id"], labels={})

    async def inspect(self, image: str) -> Mapping[str, Any]:
        """See `engine.Builder.inspect`."""
        from build_config.sandbox import engine_requests

        question = engine_requests.Request(method="GET", path=f"/images/{quote(image)}/json")
        try:
            answer: Mapping[str, Any] = await engine_requests.ask(self._endpoint, question)
        except engine_requests.RefusedError as error:
            if error.status != _MISSING:
                raise EngineUnavailableError(f"the engine fails: {error}") from error
            raise EngineUnavailableError(
                f"the engine has no image `{image}` any more",
                hint="the same command again makes a new one",
            ) from error
        return answer

    async def push(self, image_id: str, repository: str, tag: str, tell: Tell) -> str:
        """See `engine.Builder.push`."""
        from build_config.docker_push import push_image

        return await push_image(self._endpoint, image_id, repository, tag, tell)

    async def tag(self, image_id: str, reference: str) -> None:
        """See `engine.Builder.tag`."""
        from build_config.docker_push import tag_image

        await tag_image(self._endpoint, image_id, reference)

    async def untag(self, reference: str) -> None:
        """See `engine.Builder.untag`."""
        from build_config.docker_push import untag_image

        await untag_image(self._endpoint, reference)

    async def platform(self) -> str:
        """See `engine.Builder.platform`."""
        answer = await asyncio.to_thread(ask, self.engine.address)
        return f"linux/{answer.architecture}"

    @property
    def _endpoint(self) -> Endpoint:
        from build_config.engine_endpoint import engine_endpoint

        return engine_endpoint(self.engine.address)

    async def _connected(self) -> BuildKit:
        from build_config.buildkit.client import connect as connect_buildkit

        async with self._opening:
            if self._buildkit is None:
                self._buildkit = await self.stack.enter_async_context(
                    connect_buildkit(self._endpoint, secrets=self.offered, credentials=credentials)
                )
            return self._buildkit


def _readers(secrets: tuple[Secret, ...], mask: Mask) -> dict[str, Callable[[], bytes]]:
    return {s.id: mask.reading(partial(build_secrets.read, s)) for s in secrets}


def _read_image(entry: Mapping[str, Any]) -> Iterator[tuple[str, LocalImage]]:
    """Each name of one row of `GET /images/json`, with the image (Docker API 1.39 and newer)."""
    digests = [parse(text) for text in entry.get("RepoDigests") or () if "<none>" not in text]
    labels = entry.get("Labels") or {}
    for text in entry.get("RepoTags") or ():
        if "<none>" not in text:
            reference = parse(text)
            digest = next((d.digest for d in digests if d.name == reference.name), None)
            yield reference.canonical, LocalImage(id=entry["Id"], labels=labels, digest=digest)
    for reference in digests:
        image = LocalImage(id=entry["Id"], labels=labels, digest=reference.digest)
        yield reference.canonical, image


def _as_listed(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer of `inspect` in the shape of a row of the list."""
    return {**entry, "Labels": (entry.get("Config") or {}).get("Labels")}
