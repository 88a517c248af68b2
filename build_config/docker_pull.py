"""A reference in, the image on the engine out, which fetches it from its registry.

Not by the SDK: it waits for ever for an engine that waits for ever for a registry (its `pull` sets
no limit), in a thread that nothing can end.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from build_config.docker_credentials import login_header
from build_config.docker_progress import pull_error, tell_pull
from build_config.engine import Tell
from build_config.image import parse
from build_config.sandbox.engine_requests import RefusedError, Request, news

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint


async def pull_image(
    endpoint: Endpoint, reference: str, tell: Tell, *, silence: float | None
) -> None:
    """Have the engine fetch an image; a cancellation ends that at the engine too.

    Args:
        endpoint: of the engine.
        reference: of the image.
        tell: is told what the engine is doing.
        silence: seconds without news after which the engine counts as gone; None waits for ever.

    Raises:
        StepError: with what the registry said.
        EngineUnavailableError: the engine went away, or has no news.
    """
    image = parse(reference)
    query = urlencode({"fromImage": image.name, "tag": image.digest or image.tag})
    login = await asyncio.to_thread(login_header, image.domain)
    request = Request(method="POST", path=f"/images/create?{query}", headers=login)
    try:
        async with aclosing(news(endpoint, request, silence=silence)) as records:
            async for record in records:
                tell_pull(reference, record, tell.activity)
    except RefusedError as error:
        raise pull_error(reference, str(error)) from error
