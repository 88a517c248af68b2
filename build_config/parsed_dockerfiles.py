"""Dockerfile texts in, what they say out; a text that was parsed in an earlier run is not again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_config import dockerfile, saved_work
from build_config.dockerfile import Dockerfile, ImageUse
from build_config.image import Reference

FILE = "dockerfiles.json"

_WORKED_OUT_BY = ("dockerfile", "expansion", "image", "parsed_dockerfiles")
"""The modules whose code decides what is remembered."""


@dataclass(kw_only=True, slots=True)
class ParsedDockerfiles:
    """What is remembered: by a hash of a text and its build arguments, what it says.

    Attributes:
        file: where it is kept.
        maker: see `saved_work.read`; empty where nothing can be kept.
        known: from earlier runs.
        used: in this run, which is all that is kept.
    """

    file: Path
    maker: str
    known: Mapping[str, Any]
    used: dict[str, Any] = field(default_factory=dict)

    def parse(self, text: str, build_args: Mapping[str, str]) -> Dockerfile:
        """See `dockerfile.parse`; what does not parse is not remembered.

        Raises:
            DockerfileError: with the line.
        """
        question = repr((text, sorted(build_args.items()))).encode(errors="surrogatepass")
        key = hashlib.sha256(question).hexdigest()
        if key in self.known:
            self.used[key] = self.known[key]
            return _unpacked(self.known[key])
        content = dockerfile.parse(text, build_args)
        self.used[key] = _packed(content)
        return content

    def keep(self) -> None:
        """Write down what was used, where that is not what is there; never fails a run."""
        if self.maker and self.used.keys() != self.known.keys():
            saved_work.write(self.file, self.maker, self.used)


def remembered(state: Path) -> ParsedDockerfiles:
    """What the runs before left in `.yard`; empty where that is of no use."""
    file, maker = state / FILE, _maker()
    known = saved_work.read(file, maker) if maker else None
    return ParsedDockerfiles(file=file, maker=maker, known=known or {})


def _maker() -> str:
    here = Path(__file__)
    try:
        code = saved_work.code_identity(*(here.with_name(f"{name}.py") for name in _WORKED_OUT_BY))
    except OSError:
        return ""
    return f"{code} {dockerfile.parser_identity()}"


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
