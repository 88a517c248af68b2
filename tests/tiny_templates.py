"""A template of a team's own, small enough to read: what it says in, its files out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import repositories

TEMPLATE = """\
description: Tiny, for tests
kind: source
language: other
questions:
  - {name: base_url, prompt: Base URL, pattern: 'https://\\S+', help: starts with https://}
  - {name: flavour, prompt: Flavour, choices: [vanilla, chocolate], default: vanilla}
  - {name: package, prompt: Package, default: "com.{{ stem }}"}
"""
DOCKERFILE = """\
FROM scratch
LABEL io.airbyte.name={{ image }}
LABEL io.airbyte.version={{ version }}
ENV AIRBYTE_ENTRYPOINT="/run"
ENTRYPOINT ["/run"]
"""
FILES: Mapping[str, str] = {
    "template.yaml": TEMPLATE,
    "connector/Dockerfile.jinja": DOCKERFILE,
    "connector/CHECKLIST.md": "- [ ] everything\n",
    "connector/{{ module }}/client.txt.jinja": "{{ answers.base_url }} {{ class_name }}\n",
    "connector/numbers.txt": "one\ntwo\nthree\nfour\nfive\nsix\nseven\n",
    "connector/{{ 'sweet.txt' if answers.flavour == 'chocolate' else '' }}": "{{ as it is }}\n",
    "definition.yaml.jinja": (
        "sourceDefinitionId: {{ definition_id }}\nname: {{ display_name }}\n"
        "dockerRepository: {{ image }}\ndockerImageTag: {{ version }}\n"
        "documentationUrl: {{ documentation_url }}\n"
    ),
    "docs.md.jinja": "# {{ display_name }}\n",
}
ANSWERS = ("--template=tiny", "--answer=base_url=https://example.com")
"""What is to be said of it at least, beside a name."""


def write(root: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Write it to `templates/tiny` of a repository, with other files instead; gives `templates`."""
    files = {path: text for path, text in {**FILES, **(changes or {})}.items() if text is not None}
    repositories.write(root / "templates" / "tiny", files)
    return root / "templates"
