"""An image of the engine and a place in a registry in, its manifest's digest there out.

The engine pushes with the login that Docker's configuration has for that registry. It answers 200
whatever happens; what went wrong, and the digest, are in the stream (docker-py#2226, #3277).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from build_config.docker_credentials import login_header
from build_config.docker_progress import NO_LOGIN, failure_in
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.image import parse
from build_config.sandbox.engine_requests import RefusedError, Request, ask, news, undisturbed
from build_config.wording import one_line

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint

_SILENCE = 900.0
"""Seconds: a registry that moves gigabytes to their place has no news meanwhile."""
# All that the containerd image store says of it; the other one also has it in a record `aux`.
_DIGEST = re.compile(r": digest: (sha256:[0-9a-f]{64}) size: \d+$")


async def push_image(
    endpoint: Endpoint, image_id: str, repository: str, tag: str, tell: Tell
) -> str:
    """Send an image to a repository under a tag; a cancellation ends that at the engine too.

    Args:
        endpoint: of the engine.
        image_id: of the image: what a tag means may change at any moment.
        repository: `localhost:5000/acme/source-x`.
        tag: that it gets there; on the engine it has it only meanwhile.
        tell: is told the bytes.

    Raises:
        StepError: with what the registry said.
        EngineUnavailableError: the engine went away, or has no news.
    """
    pushing = Pushing(name=f"{repository}:{tag}", say=tell.activity)
    login = await asyncio.to_thread(login_header, parse(repository).domain)
    path = f"/images/{repository}/push?{urlencode({'tag': tag})}"
    # without a login the engine wants one in the body, and takes an empty one
    request = Request(method="POST", path=path, body=b"{}", headers=login)
    try:
        await tag_image(endpoint, image_id, pushing.name)
        async with aclosing(news(endpoint, request, silence=_SILENCE)) as records:
            async for record in records:
                pushing.hear(record)
    except RefusedError as error:
        raise push_error(pushing.name, str(error)) from error
    finally:
        with suppress(RefusedError):  # it never got the name
            await untag_image(endpoint, pushing.name)
    if not pushing.digest:
        raise push_error(pushing.name, "the push ended without a digest")
    return pushing.digest


async def tag_image(endpoint: Endpoint, image_id: str, name: str) -> None:
    """Give an image a name with a tag; a cancellation waits until that is done.

    Raises:
        RefusedError: the engine has no such image.
        EngineUnavailableError: the engine went away.
    """
    new = parse(name)
    path = f"/images/{image_id}/tag?{urlencode({'repo': new.name, 'tag': new.tag})}"
    await undisturbed(ask(endpoint, Request(method="POST", path=path)))


async def untag_image(endpoint: Endpoint, name: str) -> None:
    """Take a name from an image; a cancellation waits until that is done.

    Raises:
        RefusedError: nothing has that name.
        EngineUnavailableError: the engine went away.
    """
    await undisturbed(ask(endpoint, Request(method="DELETE", path=f"/images/{name}?noprune=1")))


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


def push_error(name: str, said: str) -> StepError:
    """The failure of a push, in one line."""
    lowered = said.lower()
    hint = "the same command again goes on where it ended"
    if any(words in lowered for words in (*NO_LOGIN, "denied")):
        hint = f"`docker login {name.partition('/')[0]}`"
    if "signed by unknown authority" in lowered:
        hint = f"its authority belongs in `/etc/docker/certs.d/{name.partition('/')[0]}/ca.crt`"
    if "immutable" in lowered:
        hint = "let the tags `staging` and `latest` be moved there"
    return StepError(f"`{name}` cannot be pushed: {one_line(said)}", hint=hint)
