"""Folders on disk in, templates out: ours, and the team's own.

A template is a folder with a `template.yaml`; CONTRIBUTING.md says what may stand in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_config.connector import Kind
from build_config.errors import RepositoryError
from build_config.scaffold.questions import Question, QuestionError, read_question
from build_config.yaml_files import YamlFileError, read_mapping

FILE = "template.yaml"
BUILT_IN = Path(__file__).resolve().parent.parent / "templates"
SHARED = BUILT_IN / "shared"
"""What all our templates have in common; it is none itself."""

_KINDS = (Kind.SOURCE, Kind.DESTINATION)
_LANGUAGES = ("python", "java", "declarative", "other")
_KEYS = ("description", "kind", "language", "bases", "questions", "shared")


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One template.

    Attributes:
        folder: where it is, absolute.
        bases: images of the repository that its connectors stand on.
        own: it is the team's, not ours.
        shared: its connectors also get our shared files.
    """

    name: str
    folder: Path
    description: str
    kind: Kind
    language: str
    bases: tuple[str, ...]
    questions: tuple[Question, ...]
    own: bool
    shared: bool


def find_templates(folders: Sequence[Path]) -> dict[str, Template]:
    """Every template by name, sorted; one of the team's stands instead of ours of the same name.

    Args:
        folders: of the team; each is a template, or has templates in it.

    Raises:
        RepositoryError: a folder is not there, or a template.yaml cannot be used: all of them.
    """
    defects: list[str] = []
    found: dict[str, Template] = {}
    for folder in _in_folder(BUILT_IN):
        _add(found, folder, defects, own=False)
    own: dict[str, Template] = {}
    for place in folders:
        there = list(_in_folder(place))
        if not there:
            defects.append(f"setting `templates`: `{place}` has no {FILE}, nor has a folder in it")
        for folder in there:
            _add(own, folder, defects, own=True)
    if defects:
        raise RepositoryError(tuple(defects))
    return dict(sorted({**found, **own}.items()))


def _in_folder(place: Path) -> Iterator[Path]:
    if (place / FILE).is_file():
        yield place
    elif place.is_dir():
        yield from sorted(folder.parent for folder in place.glob(f"*/{FILE}"))


def _add(found: dict[str, Template], folder: Path, defects: list[str], *, own: bool) -> None:
    shown = str(folder / FILE)
    try:
        template = _template(folder, read_mapping(folder / FILE, shown), own=own)
    except YamlFileError as error:
        defects.append(str(error))
        return
    except QuestionError as error:
        defects.append(f"{shown}: {error}")
        return
    if template.name in found:
        defects.append(f"{shown}: another folder has the template `{template.name}` too")
    found[template.name] = template


def _template(folder: Path, document: Mapping[str, Any], *, own: bool) -> Template:
    unknown = [key for key in document if key not in _KEYS]
    if unknown:
        raise QuestionError(f"`{unknown[0]}` is unknown; known: {', '.join(_KEYS)}")
    listed = document.get("questions") or []
    if not isinstance(listed, list):
        raise QuestionError("`questions` must be a list")
    questions = tuple(map(read_question, listed))
    names = [question.name for question in questions]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise QuestionError(f"the question `{twice}` is there twice")
    return Template(
        name=folder.name,
        folder=folder,
        description=str(document.get("description") or ""),
        kind=Kind(_one_of(document, "kind", _KINDS)),
        language=_one_of(document, "language", _LANGUAGES),
        bases=_names(document.get("bases")),
        questions=questions,
        own=own,
        shared=not own or document.get("shared") is True,
    )


def _one_of(document: Mapping[str, Any], key: str, known: Sequence[str]) -> str:
    value = document.get(key)
    if value not in known:
        raise QuestionError(f"`{key}` must be one of {', '.join(known)}")
    return str(value)


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise QuestionError("`bases` must be a list of names")
    return tuple(value)
