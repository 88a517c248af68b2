"""A template and its variables in, all files of the new connector in memory out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_config.errors import RepositoryError
from build_config.scaffold.files import File, Files, read_file, read_folder
from build_config.scaffold.template import SHARED, Template

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_SUFFIX = ".jinja"
_DOCS, _DEFINITION = "docs.md", "definition.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """What a template gives.

    Attributes:
        connector: its directory.
        docs: its page; None where the templates have none.
        definition: its entry of the catalog, one YAML mapping; None likewise.
    """

    connector: Files
    docs: File | None
    definition: File | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """A file of a template: where it stands, and whether it has to be rendered."""

    file: Path
    is_template: bool


def render(template: Template, variables: Mapping[str, Any]) -> Rendered:
    """Render everything.

    Raises:
        RepositoryError: what in the template cannot be rendered, all of it, with its lines.
    """
    folders = [SHARED, template.folder] if template.shared else [template.folder]
    defects: list[str] = []
    sources: dict[str, _Source] = {}
    for folder in folders:
        sources |= _sources(folder / "connector", variables, defects)
    connector = {
        path: file
        for path, source in sorted(sources.items())
        if (file := _file(source, variables, defects)) is not None
    }
    rendered = Rendered(
        connector=connector,
        docs=_single(template, _DOCS, variables, defects),
        definition=_single(template, _DEFINITION, variables, defects),
    )
    if "Dockerfile" not in connector and not defects:
        defects.append(f"{template.folder}: `connector/Dockerfile` is missing")
    if defects:
        raise RepositoryError(tuple(defects))
    return rendered


def render_text(text: str, variables: Mapping[str, Any], shown: str) -> str:
    """Render one text.

    Raises:
        RepositoryError: it cannot be.
    """
    import jinja2

    try:
        return _environment().from_string(text).render(variables)
    except jinja2.TemplateError as error:
        raise RepositoryError((_said(error, shown),)) from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise RepositoryError((f"{shown}: {error}",)) from error


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    environment.filters["python"] = repr
    return environment


def _said(error: Exception, shown: str) -> str:
    """With the line of the template where it is known."""
    line = getattr(error, "lineno", None) or _line_of_traceback(error)
    return f"{shown}:{line}: {error}" if line else f"{shown}: {error}"


def _line_of_traceback(error: Exception) -> int | None:
    """Jinja rewrites tracebacks so that frames of a template have its own lines."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _sources(folder: Path, variables: Mapping[str, Any], defects: list[str]) -> dict[str, _Source]:
    """The files of a folder by the path that each gets; what is named nothing is left out."""
    found = {}
    for path in read_folder(folder) if folder.is_dir() else ():
        try:
            parts = list(_path(path, variables, str(folder / path)))
        except RepositoryError as error:
            defects += error.defects
            continue
        if all(parts):
            target = "/".join(parts)
            is_template = target.endswith(_SUFFIX)
            target = target.removesuffix(_SUFFIX)
            found[target] = _Source(file=folder / path, is_template=is_template)
    return found


def _path(path: str, variables: Mapping[str, Any], shown: str) -> Iterator[str]:
    for part in path.split("/"):
        rendered = render_text(part, variables, shown)
        if "/" in rendered or rendered in {".", ".."}:
            raise RepositoryError((f"{shown}: `{rendered}` is no name of a file",))
        yield rendered.removesuffix(_SUFFIX) and rendered


def _file(source: _Source, variables: Mapping[str, Any], defects: list[str]) -> File | None:
    try:
        file = read_file(source.file)
        if not source.is_template:
            return file
        text = file.content.decode()
        rendered = render_text(text, variables, str(source.file))
    except UnicodeDecodeError:
        defects.append(f"{source.file}: not UTF-8 text")
    except RepositoryError as error:
        defects += error.defects
    else:
        return File(content=rendered.encode(), executable=file.executable)
    return None


def _single(
    template: Template, name: str, variables: Mapping[str, Any], defects: list[str]
) -> File | None:
    """The template's own, else the shared one."""
    for folder in (template.folder, SHARED):
        for file in (folder / f"{name}{_SUFFIX}", folder / name):
            if file.is_file():
                source = _Source(file=file, is_template=file.suffix == _SUFFIX)
                return _file(source, variables, defects)
    return None
