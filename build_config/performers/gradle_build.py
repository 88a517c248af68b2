"""The Java connectors of a run in, their Gradle distributions out: one start of Gradle for all."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from build_config.child_process import child_process, lines
from build_config.connector import Connector
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.performers.workshop import Workshop
from build_config.scheduler import Result
from build_config.steps import Kind, Step

# Gradle 4.4 says the name alone.
_TASK = re.compile(r"(?:> Task )?(?P<task>(?::[\w.-]+)+)(?: (?P<ending>[A-Z-]+))?")
# It also prints what the compiler says on the line of the task; this comes at the end.
_FAILED = re.compile(r"Execution failed for task '(?P<task>:[^']+)'\.")

_DISTRUST = "PKIX path building failed"
_TRUST = (
    "the JDK does not know who certified the server, as behind a company's proxy: "
    "give its certificate to the machine (Debian: a .crt in `/usr/local/share/ca-certificates`, "
    "then `update-ca-certificates`), and stop what has read the old ones: `{gradle} --stop`"
)
_START = (
    "it has to be executable (`chmod +x`), and its first line has to name a shell and nothing else"
)


async def gradle_build(
    _step: Step, _results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Run Gradle once; its output is the step's.

    Raises:
        StepError: there is no Gradle, or the build failed.
    """
    root = workshop.settings.root
    targets = [step.target for step in workshop.plan.work if step.kind is Kind.BUILD]
    built = (workshop.plan.builds[name].connector for name in targets)
    tasks = tuple(gradle_task(connector) for connector in built if connector.gradle)
    async with workshop.gradle:
        return await run_gradle(root, tasks, tell)


async def run_gradle(root: Path, tasks: tuple[str, ...], tell: Tell) -> Result:
    """Start Gradle once for these tasks.

    Raises:
        StepError: there is no Gradle, it cannot be started, or the build failed.
    """
    command = (_gradle(root), "--console=plain", *tasks)
    tell.line(f"$ {' '.join(command)}")
    try:
        async with child_process(command, root) as (process, output):
            failed, distrusts = await _hear(output, tell)
            code = await process.wait()
    except OSError as error:
        if error.filename != command[0]:
            raise
        raise StepError(
            f"`{command[0]}` cannot be started: {error.strerror}", hint=_START
        ) from error
    if code != 0:
        what = f" at `{failed}`" if failed else ""
        hint = _TRUST.format(gradle=command[0]) if distrusts else "see its log"
        raise StepError(f"`{command[0]}` ended with exit code {code}{what}", hint=hint)
    return Result()


def gradle_program(root: Path) -> str:
    """The repository's wrapper, else the machine's Gradle, which may be missing."""
    return "./gradlew" if (root / "gradlew").is_file() else "gradle"


def _gradle(root: Path) -> str:
    program = gradle_program(root)
    if program == "gradle" and not shutil.which(program):
        raise StepError(
            "there is no `gradlew` in the repository and no `gradle` on this machine",
            hint="invoke setup",
        )
    return program


def gradle_task(connector: Connector) -> str:
    """`:path:to:connector:distTar`, or what makes the jars where those are copied."""
    takes_tar = any("build/distributions" in source for source in connector.dockerfile.copied)
    return f":{connector.path.replace('/', ':')}:{'distTar' if takes_tar else 'assemble'}"


async def _hear(output: asyncio.StreamReader, tell: Tell) -> tuple[str, bool]:
    """Pass its lines on; the task that failed, where Gradle names one, and a lack of trust."""
    failed, distrusts = "", False
    async for line in lines(output):
        tell.line(line)
        distrusts = distrusts or _DISTRUST in line
        task = _TASK.fullmatch(line)
        if task:
            tell.activity(task["task"])
        blamed = _FAILED.fullmatch(line) or (task if task and task["ending"] == "FAILED" else None)
        failed = blamed["task"] if blamed else failed
    return failed, distrusts
