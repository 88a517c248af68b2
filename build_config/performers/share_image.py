"""An image that this run built in, the same in the shared cache out, or a note why not."""

from __future__ import annotations

from collections.abc import Mapping

from build_config.cache.wanted import Wanted
from build_config.engine import Tell
from build_config.performers.build_image import settle
from build_config.performers.workshop import Workshop
from build_config.scheduler import Result
from build_config.steps import Kind, Step


async def share_image(
    step: Step, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Put it into the cache, unless it is there; never fails because of the cache."""
    if workshop.cache is None:
        raise AssertionError("a plan that shares comes with its cache")
    built = results[f"{Kind.BUILD} {step.target}"]
    build = workshop.plan.builds[step.target]
    _, made = settle(build, results, workshop)
    wanted = Wanted(connector=build.connector, made=made)
    why = await workshop.cache.put(wanted, built.id, tell)
    return Result(cached=bool(why), message=why)
