"""What the BuildKit tests build: small contexts, a base image made of this machine's own shell."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import docker
from archives import archive
from engine_under_test import shell_files

from build_config.buildkit.client import BuildKit, connect
from build_config.buildkit.endpoint import Endpoint
from build_config.buildkit.progress import LogLine, Progress
from build_config.buildkit.request import BuildRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping

T = TypeVar("T")

DOCKER_HOST = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
ENDPOINT = Endpoint.parse(DOCKER_HOST)
REPOSITORY = "docker.io/buildkit-tests"
MARK = "dev.buildkit-tests"
SHELL = f"{REPOSITORY}/shell:dev"


def tag(name: str) -> str:
    """A full reference among those that these tests remove in the end."""
    return f"{REPOSITORY}/{name}:dev"


def tar(files: Mapping[str, bytes], *, mode: int = 0o644) -> Callable[[], Iterator[bytes]]:
    """A context of these files, as `BuildRequest.context` wants it."""

    def chunks() -> Iterator[bytes]:
        yield archive(files, mode=mode)

    return chunks


def request(dockerfile: str, name: str | None = None, **settings: Any) -> BuildRequest:
    """A build of this Dockerfile, beside a file `greeting`; `padding` bytes make it larger."""
    files = {"Dockerfile": dockerfile.encode(), "greeting": b"hello\n"}
    files["padding"] = bytes(settings.pop("padding", 0))
    tags = (tag(name),) if name else ()
    labels = {MARK: "1", **settings.pop("labels", {})}
    return BuildRequest(context=tar(files), tags=tags, labels=labels, **settings)


async def build_shell(buildkit: BuildKit) -> None:
    """Makes the base image `SHELL`: just enough for a RUN."""
    files = {f"root/{path}": content for path, content in shell_files().items()}
    dockerfile = b"FROM scratch\nCOPY root /\nENV PATH=/bin\n"
    context = tar({"Dockerfile": dockerfile, **files}, mode=0o755)
    await buildkit.build(BuildRequest(context=context, tags=(SHELL,), labels={MARK: "1"}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """Collects the progress of a build."""

    events: list[Progress] = field(default_factory=list)

    def __call__(self, event: Progress) -> None:
        """Listens."""
        self.events.append(event)

    def lines(self) -> list[str]:
        """What the steps wrote."""
        return [event.text for event in self.events if isinstance(event, LogLine)]

    def of(self, kind: type[T]) -> list[T]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def run(work: Callable[[BuildKit], Coroutine[Any, Any, T]], **settings: Any) -> T:
    """The result of a coroutine that gets a connected client, a minute at most."""

    async def connected() -> T:
        async with asyncio.timeout(60), connect(ENDPOINT, **settings) as buildkit:
            return await work(buildkit)

    return asyncio.run(connected())


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """The Docker SDK, to see what really happened."""
    client = docker.DockerClient(base_url=DOCKER_HOST)
    try:
        yield client
    finally:
        client.close()


def exists(name: str) -> bool:
    """Whether the engine has the image."""
    with engine() as client:
        try:
            client.images.get(tag(name))
        except docker.errors.ImageNotFound:
            return False
        return True


def inspect(name: str) -> dict[str, Any]:
    """What the engine says about the image."""
    with engine() as client:
        attributes: dict[str, Any] = client.images.get(tag(name)).attrs
        return attributes


def labels(name: str) -> dict[str, str]:
    """The image's labels without the mark of these tests."""
    found: dict[str, str] = inspect(name)["Config"]["Labels"]
    return {key: value for key, value in found.items() if key != MARK}


def remove_images() -> None:
    """Removes every image of these tests, named or not."""
    with engine() as client:
        for image in client.images.list(filters={"label": MARK}):
            for name in image.tags or [str(image.id)]:
                client.images.remove(name, force=True)


@dataclass(kw_only=True, slots=True)
class Relay:
    """A socket in front of the engine, to cut the wire at the worst moment.

    Attributes:
        paths: request path of every connection so far, such as `/grpc`, in order.
    """

    path: str
    paths: list[str] = field(default_factory=list)
    writers: dict[str, list[asyncio.StreamWriter]] = field(default_factory=dict)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relays one connection both ways until it is cut or closed."""
        first = await reader.readline()
        name = first.split()[1].decode()
        self.paths.append(name)
        there, here = await asyncio.open_unix_connection(DOCKER_HOST.removeprefix("unix://"))
        self.writers.setdefault(name, []).extend((writer, here))
        here.write(first)
        await asyncio.gather(pump(reader, here), pump(there, writer))

    def cut(self, name: str) -> None:
        """Ends every connection that began with this path, as a killed engine does."""
        for writer in self.writers.get(name, []):
            writer.transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies until the end."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def relayed(relay: Relay) -> AsyncIterator[Endpoint]:
    """The relay's endpoint while it runs."""
    server = await asyncio.start_unix_server(relay.handle, relay.path)
    try:
        yield Endpoint.unix(relay.path)
    finally:
        server.close()
        for name in list(relay.writers):
            relay.cut(name)
        await asyncio.sleep(0.05)
