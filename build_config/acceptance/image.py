"""The image itself: labels, entry point and user, without running it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from build_config.acceptance.case import CaseResult, Category, judged, skipped
from build_config.connector_protocol.level import Level
from build_config.image import InvalidReferenceError, parse

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.subject import Subject

_NAME: Final = "io.airbyte.name"
_VERSION: Final = "io.airbyte.version"
_ROOT: Final = ("", "0", "root")


async def judge(bench: Bench, _test: Test) -> list[CaseResult]:
    """All cases of the image."""
    subject = bench.subject
    cases = [
        _case("its name label agrees with everything that names it", _name(subject)),
        _case("its version label agrees with definition and metadata", _version(subject)),
        _case("its entry point is in `AIRBYTE_ENTRYPOINT` as well", _entrypoint(subject)),
    ]
    name = "it does not run as root"
    if subject.settings.level is Level.YEAR_2021:
        return [*cases, skipped(Category.IMAGE, name, "connectors of 2021 ran as root")]
    return [*cases, _case(name, _user(subject))]


def _case(name: str, problems: Iterator[str]) -> CaseResult:
    return judged(Category.IMAGE, name, problems)


def _name(subject: Subject) -> Iterator[str]:
    label = subject.image.labels.get(_NAME)
    if not label:
        yield f"the image has no label `{_NAME}`"
        return
    names = {"the repository": subject.connector.image.name}
    if subject.definition:
        names["the definition"] = subject.definition.repository
    if "dockerRepository" in subject.metadata:
        names["metadata.yaml"] = str(subject.metadata["dockerRepository"])
    if subject.settings.connector_image:
        names["the acceptance config"] = _repository(subject.settings.connector_image)
    for place, name in names.items():
        if name != label:
            yield f"the label `{_NAME}` is `{label}`, but {place} says `{name}`"


def _repository(image: str) -> str:
    try:
        return parse(image).name
    except InvalidReferenceError:
        return image


def _version(subject: Subject) -> Iterator[str]:
    label = subject.image.labels.get(_VERSION)
    if not label:
        yield f"the image has no label `{_VERSION}`"
        return
    versions = {"the Dockerfile": subject.connector.version}
    if subject.definition:
        versions["the definition"] = subject.definition.tag
    if "dockerImageTag" in subject.metadata:
        versions["metadata.yaml"] = str(subject.metadata["dockerImageTag"])
    for place, version in versions.items():
        if version and version != label:
            yield f"the label `{_VERSION}` is `{label}`, but {place} says `{version}`"


def _entrypoint(subject: Subject) -> Iterator[str]:
    """Kubernetes starts connectors by the variable, since it has to wrap them."""
    words = subject.image.entrypoint
    if not words:
        yield "the image has no ENTRYPOINT"
        return
    variable = subject.image.environment.get("AIRBYTE_ENTRYPOINT")
    if variable is None:
        if subject.settings.level is not Level.YEAR_2021:
            yield f"`ENV AIRBYTE_ENTRYPOINT` is missing: `{shlex.join(words)}`"
        return
    try:
        said = shlex.split(variable)
    except ValueError:
        said = [variable]
    if said != list(words):
        yield f"`AIRBYTE_ENTRYPOINT` is `{variable}`, but ENTRYPOINT is `{shlex.join(words)}`"


def _user(subject: Subject) -> Iterator[str]:
    if subject.image.user.partition(":")[0] in _ROOT:
        yield "the image has no USER, or root: what it runs could do more than it has to"
