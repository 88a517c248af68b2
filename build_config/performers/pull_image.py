"""A reference in, the image on the engine out."""

from __future__ import annotations

from collections.abc import Mapping

from build_config.engine import Tell
from build_config.performers.workshop import Workshop
from build_config.scheduler import Result
from build_config.steps import Step


async def pull_image(
    step: Step, _results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Fetch an external base with the engine's own pull, which knows its mirrors and logins.

    Raises:
        StepError: the registry refused or did not answer.
    """
    image = await workshop.builder.pull(step.target, tell)
    return Result(token=image.identity, id=image.identity)
