"""A connector's image in, every assertion about it judged; a record of it kept for publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from build_config import test_records
from build_config.acceptance.case import CaseResult, Verdict
from build_config.acceptance.config import FILE, AcceptanceConfig
from build_config.acceptance.config_reading import read_config
from build_config.acceptance.service import beside
from build_config.acceptance.subject import Image, Subject
from build_config.definitions import read_definitions, read_metadata
from build_config.engine import Tell
from build_config.errors import RepositoryError, StepError
from build_config.performers.workshop import Workshop
from build_config.scheduler import Result
from build_config.steps import Step
from build_config.wording import counted


async def acceptance_tests(
    step: Step, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Judge the very image that the engine has: by its id, whatever its tag says later.

    Raises:
        StepError: a case failed, or the acceptance config cannot be read.
        EngineUnavailableError: the engine went away.
    """
    # imported only now: no build needs it, and it brings schemas and their validators along
    from build_config.acceptance.suite import accept

    subject = await _subject(step.target, results, workshop, tell)
    async with beside(subject.settings.service, workshop.settings.root, tell):
        cases = await accept(subject, tell)
    _tell(cases, tell)
    config_hash = subject.config.digest if subject.config else ""
    record = test_records.record_of(cases, when=datetime.now(UTC), config_hash=config_hash)
    test_records.write(workshop.settings.state, subject.image.id, step.kind, record)
    return _judged(subject, cases)


async def _subject(
    name: str, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Subject:
    connector = workshop.plan.builds[name].connector
    settings = workshop.settings
    image_id = workshop.image_id(name, results)
    definitions = read_definitions(settings, connector.kind)
    return Subject(
        connector=connector,
        image=Image.from_inspection(await workshop.builder.inspect(image_id)),
        folder=settings.root / connector.path,
        containers=workshop.containers,
        definition=next((d for d in definitions if d.repository == connector.image.name), None),
        metadata=read_metadata(settings, connector),
        config=_config(settings.root / connector.path, connector.path, tell),
    )


def _tell(cases: Iterable[CaseResult], tell: Tell) -> None:
    """Every case to those who count; what failed, with its last lines, to the log as well."""
    before: tuple[str, ...] = ()
    for case in cases:
        tell.case(case)
        if case.verdict is Verdict.FAILED:
            tell.line(f"{case.category}: {case.name}: {case.message}")
            if case.details != before:  # cases that share a run share its last lines
                for line in case.details:
                    tell.line(f"  | {line}")
            before = case.details


def _config(folder: Path, shown: str, tell: Tell) -> AcceptanceConfig | None:
    try:
        return read_config(folder, shown)
    except RepositoryError as error:
        for defect in error.defects:
            tell.line(defect)
        more = len(error.defects) - 1
        raise StepError(
            error.defects[0] + (f"; and {counted(more, 'more mistake')}" if more else ""),
            path=f"{shown}/{FILE}",
        ) from None


def _judged(subject: Subject, cases: tuple[CaseResult, ...]) -> Result:
    failed = [case for case in cases if case.verdict is Verdict.FAILED]
    if failed:
        first = failed[0]
        raise StepError(
            f"{len(failed)} of {counted(len(cases), 'case')} failed, first "
            f"{first.category}: {first.name}: {first.message}",
            path=f"{subject.connector.path}/{FILE}",
        )
    skipped = sum(case.verdict is Verdict.SKIPPED for case in cases)
    passed = counted(len(cases) - skipped, "case")
    return Result(message=f"{passed} passed" + (f", {skipped} skipped" if skipped else ""))
