"""A connector in, its own tests run in the image of its `test` stage, or by Gradle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from build_config import test_records
from build_config.connector import Connector
from build_config.context_tar import context_size, tar_stream
from build_config.engine import ImageBuild, Tell
from build_config.errors import StepError
from build_config.image_labels import content_labels
from build_config.performers.build_image import settle
from build_config.performers.gradle_build import run_gradle
from build_config.performers.workshop import Workshop
from build_config.plan_testing import STAGE_LABEL, TEST_STAGE
from build_config.sandbox.request import Container, Limits
from build_config.scheduler import Result
from build_config.steps import Step
from build_config.test_records import TestRecord
from build_config.wording import counted

_SECONDS = 600.0
_HEAD = 4096  # the element is the first of its file
_PLACE = re.compile(r"(\w[\w./-]*\.py):(\d{1,7}): ")
_TESTS = re.compile(r'<testsuite [^>]*?\btests="(\d{1,9})"')


async def unit_tests(
    step: Step, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Run them without a network, so that they prove the connector and not somebody's server.

    Raises:
        StepError: a test failed, or the tests did not end.
    """
    connector = workshop.plan.builds[step.target].connector
    try:
        result = await _run(connector, results, workshop, tell)
    except StepError:
        _remember(step, results, workshop, passed=False)
        raise
    _remember(step, results, workshop, passed=True)
    return result


async def _run(
    connector: Connector, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    if TEST_STAGE in connector.dockerfile.stages:
        image = await _test_stage(connector, results, workshop, tell)
        return await _in_the_image(image, connector, workshop, tell)
    return await _by_gradle(connector, workshop, tell)


async def _by_gradle(connector: Connector, workshop: Workshop, tell: Tell) -> Result:
    path = connector.path.replace("/", ":")
    async with workshop.gradle:
        await run_gradle(workshop.settings.root, (f":{path}:test",), tell)
    count = _count(workshop.settings.root / connector.path)
    return Result(message=f"{counted(count, 'test')} passed" if count else "it has no tests")


def _count(project: Path) -> int:
    """The tests of the last run, by the reports that Gradle has left where it always does."""
    reports = (project / "build" / "test-results" / "test").glob("TEST-*.xml")
    heads = (report.read_text(errors="replace")[:_HEAD] for report in reports)
    return sum(int(match[1]) for head in heads for match in _TESTS.finditer(head))


def _remember(
    step: Step, results: Mapping[str, Result], workshop: Workshop, *, passed: bool
) -> None:
    """Keep for publishing what the tests said of the image that these sources made."""
    image_id = workshop.image_id(step.target, results)
    if image_id:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        record = TestRecord(passed=passed, when=when, cases={})
        test_records.write(workshop.settings.state, image_id, step.kind, record)


async def _in_the_image(image: str, connector: Connector, workshop: Workshop, tell: Tell) -> Result:
    tell.activity("running its tests")
    request = Container(image=image, limits=Limits(seconds=_SECONDS))
    last, place = "", None
    folder = workshop.settings.root / connector.path
    async with workshop.containers.run(request) as running:
        async for line in running.lines():
            last = line.decode(errors="replace")
            place = place or failing_line(last, folder)
            tell.line(last)
        ending = await running.ended()
    for text in ending.last_stderr:
        tell.line(text)
    if not ending.is_good:
        raise StepError(
            f"its unit tests: {last.strip(' =') or ending.story}",
            hint="see the lines above",
            path=f"{connector.path}/{place[0]}" if place else None,
            line=place[1] if place else None,
        )
    return Result(message=last.strip(" ="))


def failing_line(said: str, folder: Path) -> tuple[str, int] | None:
    """The file below the folder, and the line in it, with which pytest begins a traceback."""
    match = _PLACE.match(said)
    if match and ".." not in match[1] and (folder / match[1]).is_file():
        return match[1], int(match[2])
    return None


async def _test_stage(
    connector: Connector, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> str:
    """The connector's image with its test tools, from the very context of the image itself.

    That of the last tests will do where nothing has changed since: a context may be large, and the
    engine far away.
    """
    root, build = workshop.settings.root, workshop.plan.builds[connector.name]
    _, made = settle(build, results, workshop)
    tag = f"{connector.image.canonical}-{TEST_STAGE}"
    labels = {**content_labels(connector, made), STAGE_LABEL: TEST_STAGE}
    there = workshop.images.get(tag)
    if there and labels.items() <= there.labels.items():
        return there.id
    files = build.sources.context
    request = ImageBuild(
        tag=tag,
        context=partial(tar_stream, root, connector.path, files),
        context_bytes=context_size(root, connector.path, files),
        build_args=connector.build_args,
        labels=labels,
        secrets=connector.secrets,
        target=TEST_STAGE,
    )
    return await workshop.builder.build(request, tell)
