"""Dockerfile texts in, what they say out; a text that was parsed in an earlier run is not again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from build_config import dockerfile, saved_work
from build_config.dockerfile import Dockerfile, ImageUse
from build_config.image import Reference

FILE = "dockerfiles.json"

_WORKED_OUT_BY = ("dockerfile", "expansion", "image", "parsed_dockerfiles")
"""The modules whose code decides what is remembered."""


def remembered(state: Path) -> saved_work.Memory:
    """What the runs before left in `.yard`."""
    return saved_work.remember(state / FILE, saved_work.maker(_WORKED_OUT_BY, ["dockerfile"]))


def parse(text: str, build_args: Mapping[str, str], memory: saved_work.Memory) -> Dockerfile:
    """See `dockerfile.parse`; what does not parse is not remembered.

    Raises:
        DockerfileError: with the line.
    """
    question = saved_work.question(text, sorted(build_args.items()))
    known = memory.recall(question)
    if known is not None:
        return _unpacked(known)
    content = dockerfile.parse(text, build_args)
    memory.learn(question, _packed(content))
    return content


def _packed(content: Dockerfile) -> list[Any]:
    return [
        [[*_packed_reference(u.reference), u.instruction, u.line] for u in content.uses],
        dict(content.labels),
        content.stages,
        content.copied,
        content.instructions,
        content.base and _packed_reference(content.base),
        dict(content.environment),
        content.entrypoint,
    ]


def _unpacked(packed: list[Any]) -> Dockerfile:
    uses, labels, stages, copied, instructions, base, environment, entrypoint = packed
    return Dockerfile(
        uses=tuple(
            ImageUse(reference=_reference(parts), instruction=instruction, line=line)
            for *parts, instruction, line in uses
        ),
        labels=labels,
        stages=tuple(stages),
        copied=tuple(copied),
        instructions=tuple((line, text) for line, text in instructions),
        base=base and _reference(base),
        environment=environment,
        entrypoint=entrypoint if entrypoint is None else tuple(entrypoint),
    )


def _packed_reference(reference: Reference) -> list[str | None]:
    return [reference.domain, reference.path, reference.tag, reference.digest]


def _reference(parts: list[Any]) -> Reference:
    domain, path, tag, digest = parts
    return Reference(domain=domain, path=path, tag=tag, digest=digest)
