"""A kind of step in, the function that does it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from build_config.engine import Tell
from build_config.performers.acceptance_tests import acceptance_tests
from build_config.performers.build_image import build_image
from build_config.performers.gradle_build import gradle_build
from build_config.performers.publish_image import publish_image
from build_config.performers.pull_image import pull_image
from build_config.performers.share_image import share_image
from build_config.performers.unit_tests import unit_tests
from build_config.performers.workshop import Workshop
from build_config.scheduler import Perform, Result
from build_config.steps import Kind, Step

Performer = Callable[[Step, Mapping[str, Result], Workshop, Tell], Awaitable[Result]]

PERFORMERS: Mapping[Kind, Performer] = MappingProxyType(
    {
        Kind.PULL: pull_image,
        Kind.GRADLE: gradle_build,
        Kind.BUILD: build_image,
        Kind.SHARE: share_image,
        Kind.UNIT: unit_tests,
        Kind.ACCEPTANCE: acceptance_tests,
        Kind.PUBLISH: publish_image,
    }
)


def performing(workshop: Workshop) -> Perform:
    """Do any step in this workshop."""

    async def perform(step: Step, results: Mapping[str, Result], tell: Tell) -> Result:
        return await PERFORMERS[step.kind](step, results, workshop, tell)

    return perform
