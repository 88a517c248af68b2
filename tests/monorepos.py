"""Tiny monorepos for tests: files in, settings, connectors and graphs out."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import repositories

from build_config import settings as settings_module
from build_config.connector import Connector
from build_config.discovery import Discovery, discover
from build_config.graph import Graph, resolve
from build_config.settings import DEFAULTS, Settings

OURS = {
    "connectors/bases/base-python/Dockerfile": (
        "FROM python:3.11\n"
        "LABEL io.airbyte.name=connectoryard/base-python io.airbyte.version=0.1.0\n"
    ),
    "connectors/source-a/Dockerfile": (
        "FROM connectoryard/base-python:dev\nCOPY main.py /\n"
        "LABEL io.airbyte.name=connectoryard/source-a\nLABEL io.airbyte.version=1.2.3\n"
    ),
    "connectors/source-a/main.py": "print()\n",
    "connectors/source-a/pyproject.toml": "[project]\n",
    "connectors/destination-b/Dockerfile": "FROM connectoryard/base-python:dev AS build\n",
    "connectors/destination-b/requirements.txt": "\n",
}
"""Our own layout: a base, a source and a destination that stand on it."""

AIRBYTE_LAYOUT = {
    "layout": {
        "connectors": "airbyte-integrations/connectors",
        "bases": "airbyte-integrations/bases",
    }
}

_BASES = "airbyte-integrations/bases"
_CONNECTORS = "airbyte-integrations/connectors"

AIRBYTE_2021 = {
    "settings.gradle": "rootProject.name = 'airbyte'\n",
    # Directories and images have different names; a chain of bases four deep.
    f"{_BASES}/base/Dockerfile": (
        "FROM amazonlinux:2022.0.20220831.1\nWORKDIR /airbyte\n"
        'ENV AIRBYTE_ENTRYPOINT "/airbyte/base.sh"\nLABEL io.airbyte.version=0.1.0\n'
        "LABEL io.airbyte.name=airbyte/integration-base\n"
    ),
    f"{_BASES}/airbyte-protocol/Dockerfile": (
        "FROM python:3.7-slim as base\n\nCOPY . /protocol\n\nFROM base as final\n"
        'LABEL io.airbyte.version="0.1.0" \\\n'
        "# the name\n"
        '      io.airbyte.name="airbyte/base-airbyte-protocol-python"\n'
    ),
    f"{_BASES}/base-python/Dockerfile": (
        "FROM airbyte/base-airbyte-protocol-python:dev\n"
        "COPY --from=airbyte/integration-base:dev /airbyte/base.sh /airbyte/\n"
        "LABEL io.airbyte.version=0.1.2\nLABEL io.airbyte.name=airbyte/integration-base-python\n"
    ),
    f"{_BASES}/base-python/build.gradle": "plugins { id 'airbyte-docker' }\n",
    f"{_BASES}/base-singer/Dockerfile": (
        "ARG TAG=dev\nFROM airbyte/integration-base-python:${TAG}\n"
        "LABEL io.airbyte.name='airbyte/integration-base-singer' io.airbyte.version=0.1.0\n"
    ),
    f"{_BASES}/base-java/Dockerfile": (
        "ARG JDK_VERSION=17.0.4\nFROM amazoncorretto:${JDK_VERSION} AS jdk\n"
        "COPY --from=airbyte/integration-base:dev /airbyte /airbyte\n"
        "LABEL io.airbyte.version=0.1.2\nLABEL io.airbyte.name=airbyte/integration-base-java\n"
    ),
    f"{_BASES}/standard-source-test/build.gradle": "\n",
    f"{_CONNECTORS}/source-stripe-singer/Dockerfile": (
        'FROM airbyte/integration-base-singer:dev\n\nENV CODE_PATH="source_stripe"\n'
        "LABEL io.airbyte.version=0.2.2\nLABEL io.airbyte.name=airbyte/source-stripe-singer\n"
    ),
    f"{_CONNECTORS}/source-stripe-singer/setup.py": "\n",
    f"{_CONNECTORS}/source-stripe-singer/build.gradle": "plugins { id 'airbyte-python' }\n",
    f"{_CONNECTORS}/source-stripe-singer/Dockerfile.test": "FROM nobody/knows:dev\n",
    f"{_CONNECTORS}/destination-postgres/Dockerfile": (
        "FROM airbyte/integration-base-java:dev AS build\nWORKDIR /airbyte\n"
        "ENV APPLICATION destination-postgres\n"
        "COPY build/distributions/${APPLICATION}*.tar ${APPLICATION}.tar\n\n"
        "FROM airbyte/integration-base-java:dev\nCOPY --from=build /airbyte /airbyte\n"
        "LABEL io.airbyte.version=0.3.0\nLABEL io.airbyte.name=airbyte/destination-postgres\n"
    ),
    f"{_CONNECTORS}/destination-postgres/build.gradle": "plugins { id 'application' }\n",
    f"{_CONNECTORS}/destination-postgres/src/main/java/Main.java": "class Main {}\n",
    f"{_CONNECTORS}/source-pinned/Dockerfile": (
        "FROM airbyte/integration-base-python:0.1.1\n"
        "LABEL io.airbyte.name=airbyte/source-pinned io.airbyte.version=0.1.0\n"
    ),
    f"{_CONNECTORS}/source-new/Dockerfile": "ARG BASE_IMAGE\nFROM ${BASE_IMAGE:-python:3.9}\n",
    f"{_CONNECTORS}/source-new/metadata.yaml": (
        "data:\n  definitionId: 11111111-1111-1111-1111-111111111111\n"
        "  dockerRepository: airbyte/source-new\n  dockerImageTag: 2.0.0\n"
    ),
    f"{_CONNECTORS}/source-new/manifest.yaml": "version: 1\n",
}  # fmt: skip
"""The shape of Airbyte's monorepo in 2021, and of its metadata.yaml in 2023."""

AIRBYTE_CHAIN = {
    "airbyte-protocol": (),
    "base": (),
    "base-java": ("base",),
    "base-python": ("airbyte-protocol", "base"),
    "base-singer": ("base-python",),
    "destination-postgres": ("base-java",),
    "source-new": (),
    "source-pinned": (),
    "source-stripe-singer": ("base-singer",),
}
"""What stands on what in `AIRBYTE_2021`."""


def settings(project: Path, /, **changes: Any) -> Settings:
    """The settings of the repository at `project`: our defaults, and one level of changes."""
    config = copy.deepcopy(DEFAULTS)
    for key, value in changes.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
    return settings_module.read(config, project)


def found(root: Path, files: dict[str, str], **changes: Any) -> Discovery:
    """What discovery finds where these files are."""
    repositories.write(root, files)
    (root / "connectors").mkdir(exist_ok=True)
    return discover(settings(root, **changes))


def connectors(root: Path, files: dict[str, str], **changes: Any) -> dict[str, Connector]:
    """The connectors of a repository without defects, by name."""
    discovery = found(root, files, **changes)
    assert not discovery.defects
    return {connector.name: connector for connector in discovery.connectors}


def images(root: Path, dockerfiles: dict[str, str], **changes: Any) -> dict[str, Connector]:
    """Connectors with nothing but these Dockerfiles, by name; `base-…` are bases."""
    return connectors(root, _paths(dockerfiles), **changes)


def graph(root: Path, dockerfiles: dict[str, str]) -> Graph:
    """The graph of images with these Dockerfiles; it must be sound."""
    made, defects = resolve(images(root, dockerfiles).values(), "dev")
    assert not defects
    return made


def standing(*on: str) -> str:
    """A Dockerfile that stands on these images of ours."""
    lines = [f"COPY --from=connectoryard/{name}:dev /x /x" for name in on]
    return "\n".join(("FROM scratch", *lines, ""))


def _paths(dockerfiles: dict[str, str]) -> dict[str, str]:
    return {
        f"connectors/{'bases/' if name.startswith('base') else ''}{name}/Dockerfile": text
        for name, text in dockerfiles.items()
    }
