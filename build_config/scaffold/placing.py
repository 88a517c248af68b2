"""Rendered files and settings in, where each of them goes in the repository out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from build_config.checks.values import scalar
from build_config.errors import RepositoryError
from build_config.scaffold import record as records
from build_config.scaffold.bases import Ground
from build_config.scaffold.definition_list import appended, is_list
from build_config.scaffold.files import File, Files
from build_config.scaffold.names import Name
from build_config.scaffold.record import Record
from build_config.scaffold.rendering import Rendered
from build_config.scaffold.taken import docs_path
from build_config.settings import Settings
from build_config.yaml_files import YamlFileError, parse_nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A file that gets more in it.

    Attributes:
        old: what is in it now; None where it has to be made.
    """

    old: bytes | None
    new: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """All that is to be written; paths are relative to the root.

    Attributes:
        connector: where its directory goes.
        directories: new directories with all that is in them, the connector's being the last.
        files: new single files.
        edits: files to change.
    """

    connector: str
    directories: Mapping[str, Files]
    files: Files
    edits: Mapping[str, Edit] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that is new or changed, sorted."""
        inside = (f"{place}/{path}" for place, files in self.directories.items() for path in files)
        return tuple(sorted((*inside, *self.files, *self.edits)))


def place(
    settings: Settings, name: Name, rendered: Rendered, record: Record, ground: Ground
) -> Placed:
    """Decide where everything goes.

    Raises:
        RepositoryError: the catalog cannot take the definition.
    """
    target = connector_path(settings, name.name)
    files: dict[str, File] = {**ground.files}
    edits: dict[str, Edit] = {}
    if rendered.docs is not None:
        files[docs_path(settings, name)] = rendered.docs
    if rendered.definition is not None:
        _refuse_broken(rendered.definition, name)
        path = settings.definitions[name.kind]
        if is_list(settings, path):
            file = settings.root / path
            old = file.read_bytes() if file.exists() else None
            new = appended(old or b"", rendered.definition.content, path)
            edits[path] = Edit(old=old, new=new)
        else:
            files[definition_path(settings, name)] = rendered.definition
    connector = {
        **rendered.connector,
        records.NAME: File(content=records.encode(record)),
    }
    directories = {**ground.directories, target: connector}
    return Placed(connector=target, directories=directories, files=files, edits=edits)


def connector_path(settings: Settings, name: str) -> str:
    """A connector's directory, relative to the root."""
    return name if settings.connectors == "." else f"{settings.connectors}/{name}"


def definition_path(settings: Settings, name: Name) -> str:
    """A connector's definition, where each has a file of its own."""
    return f"{settings.definitions[name.kind]}/{name.name}.yaml"


def _refuse_broken(definition: File, name: Name) -> None:
    """A list that gets no mapping would be no list of definitions any more."""
    shown = f"the definition of `{name.name}`, as the template gives it"
    try:
        node = parse_nodes(definition.content.decode(), shown)
    except YamlFileError as error:
        raise RepositoryError((str(error),)) from error
    if scalar(node, f"{name.kind}DefinitionId") is None:
        raise RepositoryError((f"{shown}: `{name.kind}DefinitionId` is missing",))
