"""`acceptance-test-config.yml` can be read, and is about this connector."""

from __future__ import annotations

import re
from collections.abc import Iterator

from build_config import saved_work
from build_config.acceptance.config import FILE
from build_config.acceptance.config_reading import read_config
from build_config.checks.matching import last_part
from build_config.checks.subject import Subject
from build_config.checks.values import deepest_line, scalar
from build_config.connector import Connector
from build_config.defect import Defect
from build_config.errors import RepositoryError
from build_config.image import InvalidReferenceError, parse
from build_config.yaml_files import YamlFileError, read_nodes

REMEMBERED = "acceptance-configs.json"
"""In `.yard`, of each config without a mistake: the image that it names."""

_WORKED_OUT_BY = (
    *("acceptance/case", "acceptance/config", "acceptance/config_digest", "acceptance/texts"),
    *("acceptance/config_reading", "acceptance/config_schema", "checks/acceptance"),
    *("connector", "connector_protocol/json_schema", "connector_protocol/level", "yaml_files"),
)
_PLACE = re.compile(r"(?:(?P<line>\d+): )?(?:`(?P<keys>[^`]*)`: )?(?P<message>.*)", re.DOTALL)
_STEP = re.compile(r"""\["(?P<quoted>[^"]*)"\]|\[(?P<index>\d+)\]|\.?(?P<name>[^.\[]+)""")


def check(subject: Subject) -> Iterator[Defect]:
    """Every connector that has one; `invoke test` says which have none."""
    maker = saved_work.maker(_WORKED_OUT_BY, ("jsonschema_rs", "yaml"))
    memory = saved_work.remember(subject.settings.state / REMEMBERED, maker)
    for connector in subject.connectors:
        content = subject.content(f"{connector.path}/{FILE}")
        question = saved_work.question(content)
        image = memory.recall(question)
        if image is None:
            try:
                config = read_config(subject.settings.root / connector.path, connector.path)
            except RepositoryError as error:
                yield from (_mistake(subject, connector, line) for line in error.defects)
                continue
            image = config.connector_image if config else ""
            if content:
                memory.learn(question, image)
        yield from _another_image(subject, connector, image)
    memory.keep()


def _mistake(subject: Subject, connector: Connector, said: str) -> Defect:
    """A line of the reader, `path: `key`: what is wrong`, with the line of the key."""
    path = f"{connector.path}/{FILE}"
    parts = _PLACE.fullmatch(said.removeprefix(path).removeprefix(":").lstrip())
    line, message, keys = None, said, ""
    if parts is not None:
        line = int(parts["line"]) if parts["line"] else None
        message, keys = parts["message"], parts["keys"] or ""
    if keys:
        line, message = _line(subject, path, keys), f"`{keys}`: {message}"
    return Defect(
        rule="acceptance-config",
        message=message,
        connector=connector.name,
        path=path,
        line=line,
        cure="all keys are in docs/acceptance-tests.md of Connector Yard",
    )


def _line(subject: Subject, path: str, keys: str) -> int | None:
    try:
        node = read_nodes(subject.settings.root / path, path)
    except YamlFileError:
        return None
    steps = [
        int(step["index"]) if step["index"] else step["quoted"] or step["name"]
        for step in _STEP.finditer(keys)
    ]
    return deepest_line(node, steps)


def _another_image(subject: Subject, connector: Connector, image: str) -> Iterator[Defect]:
    """A config that was copied still names the image it was copied from."""
    try:
        named = parse(image).name if image else ""
    except InvalidReferenceError:
        named = image
    label_is_odd = last_part(named) == connector.name  # which `repository-directory` says already
    if named and named != connector.image.name and not label_is_odd:
        path = f"{connector.path}/{FILE}"
        found = scalar(read_nodes(subject.settings.root / path, path), "connector_image")
        yield Defect(
            rule="acceptance-image",
            message=f"`connector_image` is `{image}`, the image is `{connector.image.name}`",
            connector=connector.name,
            path=path,
            line=found.line if found else None,
            cure=f"write `{connector.image}`",
        )
