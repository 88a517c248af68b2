"""An image of the engine and a place in a registry in, its manifest's digest there out.

The engine pushes with the login that Docker's configuration has for that registry. It answers 200
whatever happens; what went wrong, and the digest, are in the stream (docker-py#2226, #3277).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from build_config.docker_progress import NO_LOGIN, failure_in
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.machine.engine_address import EngineAddress
from build_config.machine.engine_client import connect, reachable
from build_config.wording import one_line

# All that the containerd image store says of it; the other one also has it in a record `aux`.
_DIGEST = re.compile(r": digest: (sha256:[0-9a-f]{64}) size: \d+$")


async def push_image(
    address: EngineAddress, image_id: str, repository: str, tag: str, tell: Tell
) -> str:
    """Send an image to a repository under a tag.

    Args:
        address: of the engine.
        image_id: of the image: what a tag means may change at any moment.
        repository: `localhost:5000/acme/source-x`.
        tag: that it gets there; on the engine it has it only meanwhile.
        tell: is told the bytes.

    Raises:
        StepError: with what the registry said.
        EngineUnavailableError: the engine went away.
    """
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def say(text: str, current: int, total: int) -> None:
        loop.call_soon_threadsafe(tell.activity, text, current, total)

    pushing = Pushing(name=f"{repository}:{tag}", say=say)
    try:
        with reachable(address):
            return await asyncio.to_thread(
                _push, address, image_id, (repository, tag), pushing, stopped.is_set
            )
    finally:
        stopped.set()


@dataclass(kw_only=True, slots=True)
class Pushing:
    """What the engine has said so far.

    Attributes:
        layers: id -> (bytes sent, bytes in all).
    """

    name: str
    say: Callable[[str, int, int], object]
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    digest: str = ""

    def hear(self, news: Mapping[str, Any]) -> None:
        """Take one record of the stream.

        Raises:
            StepError: it is a failure.
        """
        if failure := failure_in(news):
            raise push_error(self.name, failure)
        said = _DIGEST.search(str(news.get("status", "")))
        self.digest = (news.get("aux") or {}).get("Digest") or (said[1] if said else self.digest)
        detail = news.get("progressDetail") or {}
        if "id" in news and detail.get("total"):
            total = int(detail["total"])
            self.layers[str(news["id"])] = (min(int(detail.get("current") or 0), total), total)
            sent = sum(done for done, _ in self.layers.values())
            self.say("pushing", sent, sum(total for _, total in self.layers.values()))


def _push(
    address: EngineAddress,
    image_id: str,
    place: tuple[str, str],
    pushing: Pushing,
    stopped: Callable[[], bool],
) -> str:
    """Blocking, on a thread."""
    from docker.errors import APIError

    repository, tag = place
    with closing(connect(address)) as client:
        try:
            client.tag(image_id, repository, tag=tag)
            stream: Iterator[Mapping[str, Any]] = client.push(
                repository, tag=tag, stream=True, decode=True
            )
            for news in stream:
                if stopped():
                    break
                pushing.hear(news)
        except APIError as error:
            raise push_error(pushing.name, error.explanation or str(error)) from error
        finally:
            with suppress(APIError):
                client.remove_image(pushing.name, noprune=True)
    if not pushing.digest:
        raise push_error(pushing.name, "the push ended without a digest")
    return pushing.digest


def push_error(name: str, said: str) -> StepError:
    """The failure of a push, in one line."""
    lowered = said.lower()
    hint = "the same command again goes on where it ended"
    if any(words in lowered for words in (*NO_LOGIN, "denied")):
        hint = f"`docker login {name.partition('/')[0]}`"
    return StepError(f"`{name}` cannot be pushed: {one_line(said)}", hint=hint)
