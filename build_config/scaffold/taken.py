"""A repository in, everything that a new connector must not be called out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from build_config.checks.catalog import KINDS, read_catalog
from build_config.connector import Kind
from build_config.discovery import discover
from build_config.errors import RepositoryError
from build_config.scaffold.names import Name
from build_config.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """Who has which name; case does not count, since not all disks keep it.

    Attributes:
        names: of connectors: who has it, as a sentence.
        stems: those with a page, by kind and without the kind's prefix: where the page is.
        display_names: by kind: where it stands.
        ids: of definitions: where it stands.
    """

    names: Mapping[str, str]
    stems: Mapping[tuple[Kind, str], str]
    display_names: Mapping[tuple[Kind, str], str]
    ids: Mapping[str, str]

    def claims(self, name: Name) -> tuple[str, ...]:
        """Why this name is not free, each as one line."""
        page = self.stems.get((name.kind, name.stem))
        found = (
            self.names.get(name.name, ""),
            f"`{name.name}` has a page already: `{page}`" if page else "",
        )
        return tuple(filter(None, found))

    def refuse(self, name: Name) -> None:
        """Refuse a name that is not free.

        Raises:
            RepositoryError: with all who have it.
        """
        claims = self.claims(name)
        if claims:
            raise RepositoryError(claims, hint="choose another name: `--name=…`")

    def claim_of_display_name(self, kind: Kind, display_name: str) -> str:
        """Why it is not free; empty where it is."""
        place = self.display_names.get((kind, display_name.casefold()))
        return f"a {kind} is called `{display_name}` already: `{place}`" if place else ""

    def claim_of_id(self, definition_id: str) -> str:
        """Why it is not free; empty where it is."""
        place = self.ids.get(definition_id.casefold())
        return f"the definition id `{definition_id}` is taken: `{place}`" if place else ""


def read_taken(settings: Settings) -> Taken:
    """Look at directories, images, definitions and pages; what is broken has its names too."""
    entries = read_catalog(settings).entries
    names = dict(_of_definitions(settings))
    for entry in entries:
        namespace, _, last = entry.repository.rpartition("/")
        if namespace == settings.namespace:
            words = f"`{last}` has a definition already: `{entry.path}:{entry.line}`"
            names[last.casefold()] = words
    for connector in discover(settings).connectors:
        last = connector.image.path.rpartition("/")[2]
        names[last] = f"the image `{connector.image.name}` is that of `{connector.path}`"
    for folder in (settings.bases, settings.connectors):
        for there in _listed(settings.root / folder):
            path = there if folder == "." else f"{folder}/{there}"
            names[there.casefold().replace("_", "-")] = f"`{there}` exists: `{path}`"
    return Taken(
        names=names,
        stems={
            (kind, PurePosixPath(page).stem.casefold()): f"{settings.docs}/{kind}s/{page}"
            for kind in KINDS
            for page in _listed(settings.root / settings.docs / f"{kind}s")
        },
        display_names={(e.kind, e.text("name").casefold()): f"{e.path}:{e.line}" for e in entries},
        ids={entry.id.casefold(): f"{entry.path}:{entry.line}" for entry in entries},
    )


def docs_path(settings: Settings, name: Name) -> str:
    """The connector's page, relative to the root."""
    return f"{settings.docs}/{name.kind}s/{name.stem}.md"


def _of_definitions(settings: Settings) -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        place = settings.definitions[kind]
        for there in _listed(settings.root / place):
            stem = PurePosixPath(there).stem
            yield stem.casefold(), f"`{stem}` has a definition already: `{place}/{there}`"


def _listed(folder: Path) -> list[str]:
    """What is there; nothing where no folder can be read: nothing can be made there either."""
    with suppress(OSError):
        return sorted(entry.name for entry in folder.iterdir())
    return []
