"""Connectors that break no rule of `invoke check`: a name in, all files of it out."""

from __future__ import annotations

import uuid

DEFINITIONS = "build_config/definitions/STANDARD_{}_DEFINITION"
BASE = "connectors/bases/base-python"

_DOCKERFILE = """\
FROM connectoryard/base-python:dev

WORKDIR /airbyte/integration_code
COPY main.py ./

ENV AIRBYTE_ENTRYPOINT="python /airbyte/integration_code/main.py"
ENTRYPOINT ["python", "/airbyte/integration_code/main.py"]

LABEL io.airbyte.name=connectoryard/{name}
LABEL io.airbyte.version=1.2.0
"""
_METADATA = """\
metadataSpecVersion: "1.0"
data:
  name: {title}
  definitionId: {id}
  connectorType: {kind}
  dockerRepository: connectoryard/{name}
  dockerImageTag: 1.2.0  # as the label
  documentationUrl: https://docs.airbyte.com/integrations/{kind}s/{short}
"""
_DEFINITION = """\
{kind}DefinitionId: {id}
name: {title}
dockerRepository: connectoryard/{name}
dockerImageTag: "1.2.0"
documentationUrl: https://docs.airbyte.com/integrations/{kind}s/{short}
"""
_ACCEPTANCE = """\
connector_image: connectoryard/{name}:dev
acceptance_tests:
  spec:
    bypass_reason: nothing to see
"""
_CHANGELOG = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-01-01\n\n- New\n"


def connector(name: str) -> dict[str, str]:
    """A source or a destination with everything that a connector has, by path."""
    kind, _, short = name.partition("-")
    facts = {
        "name": name,
        "kind": kind,
        "short": short,
        "title": short.title(),
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
    }
    folder = f"connectors/{name}"
    return {
        f"{folder}/Dockerfile": _DOCKERFILE.format(**facts),
        f"{folder}/.dockerignore": "*\n!main.py\n",
        f"{folder}/main.py": "print()\n",
        f"{folder}/metadata.yaml": _METADATA.format(**facts),
        f"{folder}/acceptance-test-config.yml": _ACCEPTANCE.format(**facts),
        f"{folder}/pyproject.toml": '[project]\nname = "x"\nversion = "1.2.0"\n',
        f"{folder}/CHANGELOG.md": _CHANGELOG,
        f"docs/integrations/{kind}s/{short}.md": f"# {short}\n",
        definition(name): _DEFINITION.format(**facts),
    }


def definition(name: str) -> str:
    """Where a connector's definition is."""
    return f"{DEFINITIONS.format(name.partition('-')[0].upper())}/{name}.yaml"


def repository(*names: str) -> dict[str, str]:
    """A repository of these connectors, and the base that they stand on."""
    files = {
        ".gitignore": "secrets/\n",
        f"{BASE}/Dockerfile": (
            "FROM python:3.11-slim-bookworm\n"
            "LABEL io.airbyte.name=connectoryard/base-python\nLABEL io.airbyte.version=2.0.0\n"
        ),
    }
    for name in names:
        files |= connector(name)
    return files
