"""A name, settings and answers in, what templates may say in `{{ }}` out."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from build_config import git
from build_config.scaffold.names import Name
from build_config.scaffold.questions import STANDARD
from build_config.scaffold.taken import docs_path
from build_config.scaffold.template import Template
from build_config.settings import Settings

VERSION = "0.1.0"
"""Of every new connector."""


def known(settings: Settings, template: Template, name: Name) -> dict[str, Any]:
    """Everything but the answers to a template's own questions; with first guesses for the rest."""
    folder, page = settings.connectors, docs_path(settings, name)
    connector_path = name.name if folder == "." else f"{folder}/{name.name}"
    return {
        "name": name.name,
        "kind": str(name.kind),
        "language": template.language,
        "stem": name.stem,
        "module": name.module,
        "class_name": name.class_name,
        "display_name": name.display_name,
        "documentation_url": _documentation_url(settings, name, page),
        "image": f"{settings.namespace}/{name.name}",
        "namespace": settings.namespace,
        "local_tag": settings.local_tag,
        "version": VERSION,
        "definition_id": str(uuid.uuid4()),
        "docs_path": page,
        "connector_path": connector_path,
        "bases_path": settings.bases,
        "root_path": os.path.relpath(".", connector_path).replace(os.sep, "/"),
        "date": datetime.now(UTC).astimezone().date().isoformat(),
    }


def with_answers(facts: Mapping[str, Any], answers: Mapping[str, str]) -> dict[str, Any]:
    """The variables for rendering: answers to standard questions by name, others in `answers`."""
    names = {question.name for question in STANDARD}
    standard = {key: value for key, value in answers.items() if key in names}
    own = {key: value for key, value in answers.items() if key not in names}
    return {**facts, **standard, "answers": own}


def _documentation_url(settings: Settings, name: Name, page: str) -> str:
    """The page at the host of the repository, where it has one; else as Airbyte would call it."""
    remote = git.remote_url(settings.root)
    if remote and remote.startswith("https://"):
        return f"{remote.removesuffix('/').removesuffix('.git')}/blob/main/{page}"
    if remote and remote.startswith("git@"):
        host, _, path = remote.removeprefix("git@").partition(":")
        return f"https://{host}/{path.removesuffix('.git')}/blob/main/{page}"
    return f"https://docs.airbyte.com/integrations/{name.kind}s/{name.stem}"
