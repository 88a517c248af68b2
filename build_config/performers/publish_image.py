"""One publication of the plan in, that version in the registry and the ledger out."""

from __future__ import annotations

from collections.abc import Mapping

from build_config.engine import Tell
from build_config.performers.workshop import Workshop
from build_config.scheduler import Result
from build_config.steps import Step


async def publish_image(
    step: Step, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Publish the very image that was tested; see `publishing.publication`.

    Raises:
        ConflictError: the version is published with other content.
        UnclearError: the registry or the ledger did not say.
        StepError: it must not be published, or did not arrive.
    """
    # imported only now: no build needs it, and it brings an HTTP client along
    from build_config.performers.own_images import OwnImages
    from build_config.publishing.publication import Publication

    if workshop.publications is None:
        raise AssertionError("a plan that publishes comes with its publications")
    known = workshop.publications.failures.get(step.target)
    if known:
        raise known
    target = workshop.publications.targets[step.target]
    image_id = workshop.image_id(step.target, results)
    publication = Publication(
        target=target,
        press=workshop.publications.press,
        images=OwnImages(target=target, workshop=workshop, image_id=image_id),
        facts=workshop.publications.facts[step.target],
        tell=tell,
    )
    return Result(id=image_id, message=await publication.publish())
