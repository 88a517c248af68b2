"""One build of the plan in, a tagged image with its fingerprint out: built, or from the cache."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from build_config import build_records
from build_config.cache.wanted import Missed, Wanted
from build_config.connector import Connector
from build_config.context import ContextFile, list_context
from build_config.context_tar import context_size, tar_stream
from build_config.engine import ImageBuild, Tell
from build_config.errors import EngineUnavailableError, StepError
from build_config.fingerprint import Inputs
from build_config.image_labels import Made, image_labels
from build_config.performers.gradle_build import gradle_build
from build_config.performers.workshop import Workshop
from build_config.plan import GRADLE_OUTPUT, Build
from build_config.scheduler import Result
from build_config.steps import Step
from build_config.wording import size as shown_size


async def build_image(
    step: Step, results: Mapping[str, Result], workshop: Workshop, tell: Tell
) -> Result:
    """Build it on the bases as they are now, label it, and remember what it was made from.

    Where there is a cache, an image of exactly that is taken from it.

    Raises:
        StepError: with the Dockerfile's path, and the line where it is known.
    """
    build = workshop.plan.builds[step.target]
    inputs, made = settle(build, results, workshop)
    result = await _from_the_cache(build, made, workshop, tell)
    if not result.cached:
        if build.connector.gradle and workshop.cache:
            await workshop.distributions.done(gradle_build(step, results, workshop, tell))
        image_id = await _build(build, made, workshop, tell)
        size = await _size(build.connector.image.canonical, workshop)
        result = replace(result, id=image_id, size=size)
    build_records.write(workshop.settings.state, step.target, inputs)
    return replace(result, token=inputs.fingerprint)


def settle(build: Build, results: Mapping[str, Result], workshop: Workshop) -> tuple[Inputs, Made]:
    """What an image is made from, once the steps that it waits for have ended."""
    tokens, ids = _settle_bases(build, results)
    inputs = build.inputs(tokens)
    if inputs is None:
        raise AssertionError(f"{build.connector.name}: asked before its bases were known")
    sources = workshop.sources[build.connector.name].fingerprint
    return inputs, Made(fingerprint=inputs.fingerprint, sources=sources, base_ids=ids)


async def _from_the_cache(build: Build, made: Made, workshop: Workshop, tell: Tell) -> Result:
    """What was taken; else a result that only says why nothing was."""
    if workshop.cache is None or build.no_cache:
        return Result()
    found = await workshop.cache.take(Wanted(connector=build.connector, made=made), tell)
    if isinstance(found, Missed):
        if found.why:
            tell.line(found.why)
        return Result(message=found.why)
    pulled = f", {shown_size(found.size)} pulled" if found.size else ""
    return Result(id=found.id, cached=True, message=f"from the cache{pulled}")


async def _build(build: Build, made: Made, workshop: Workshop, tell: Tell) -> str:
    connector, root = build.connector, workshop.settings.root
    files = _files_to_send(build, root)
    request = ImageBuild(
        tag=connector.image.canonical,
        context=partial(tar_stream, root, connector.path, files),
        context_bytes=context_size(root, connector.path, files),
        build_args=connector.build_args,
        labels=image_labels(connector, workshop.origin, made),
        secrets=connector.secrets,
        no_cache=build.no_cache,
    )
    try:
        return await workshop.builder.build(request, tell)
    except StepError as error:
        raise _at_the_dockerfile(error, connector) from error


async def _size(tag: str, workshop: Workshop) -> int | None:
    """Bytes of the image, for people; a good build does not fail because nobody can tell."""
    with suppress(EngineUnavailableError):
        return (await workshop.builder.inspect(tag)).get("Size")
    return None


def _files_to_send(build: Build, root: Path) -> tuple[ContextFile, ...]:
    """The sources as planned, and what the Gradle step of this run made of them."""
    planned = build.sources.context
    if not build.connector.gradle:
        return planned
    now = list_context(root, build.connector.path, snapshot=None)
    made = (file for file in now if file.path.startswith(GRADLE_OUTPUT))
    return tuple(sorted((*planned, *made), key=lambda file: os.fsencode(file.path)))


def _settle_bases(
    build: Build, results: Mapping[str, Result]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Tokens and ids of the bases: those of this run's steps where they ran, else as planned."""
    tokens: dict[str, str | None] = {}
    ids: dict[str, str] = {}
    for name, base in build.bases.items():
        result = results.get(base.step or "")
        tokens[name] = result.token if result else base.token
        ids[name] = (result.id if result else base.id) or ""
    return tokens, ids


def _at_the_dockerfile(error: StepError, connector: Connector) -> StepError:
    """The same failure with its place; BuildKit of old names the instruction, not the line.

    A failure that names no instruction is not the Dockerfile's: a file that changed, a full disk.
    """
    if error.path or (error.line is None and not str(error).startswith("`[")):
        return error
    return StepError(
        str(error),
        hint=error.hint,
        path=connector.dockerfile_path,
        line=error.line or _line_of(str(error), connector),
    )


def _line_of(message: str, connector: Connector) -> int | None:
    """The line of the instruction that the message quotes as "`[2/3] RUN make`"."""
    quoted = re.match(r"`\[[^\]]*\]\s*([^`]+)`", message)
    if not quoted:
        return None
    wanted = " ".join(quoted[1].split())
    for line, text in connector.dockerfile.instructions:
        shown = " ".join(text.replace("\\\n", " ").split())
        if shown == wanted or shown.startswith(wanted.rstrip(".… ")):
            return line
    return None
