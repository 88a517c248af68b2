"""`invoke check` on a large monorepo that has all that it looks at, and nothing wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import monorepo
from bench import Bench, Monorepo, invoke
from figures import Figure, alternate, timed

_MOST_SECONDS = 0.5
_DEFINITIONS = "build_config/definitions/STANDARD_{}_DEFINITION"
_DEFINITION = """\
{kind}DefinitionId: {id}
name: {name}
dockerRepository: {image}
dockerImageTag: 0.1.0
documentationUrl: https://docs.airbyte.com/integrations/{kind}s/{short}
icon: {short}.svg
releaseStage: alpha
"""
_METADATA = """\
metadataSpecVersion: "1.0"
data:
  name: {name}
  definitionId: {id}
  connectorType: {kind}
  connectorSubtype: api
  dockerRepository: {image}
  dockerImageTag: 0.1.0
  documentationUrl: https://docs.airbyte.com/integrations/{kind}s/{short}
  githubIssueLabel: {name}
  license: MIT
  releaseStage: alpha
  supportLevel: community
  tags:
    - language:python
"""
_ACCEPTANCE = """\
connector_image: {image}:dev
acceptance_tests:
  spec:
    tests:
      - spec_path: spec.json
  connection:
    tests:
      - config_path: secrets/config.json
        status: succeed
      - config_path: integration_tests/invalid_config.json
        status: failed
  basic_read:
    tests:
      - config_path: secrets/config.json
        configured_catalog_path: integration_tests/configured_catalog.json
"""
_CHANGELOG = "# Changelog\n\n## 0.1.0 - 2026-01-01\n\n- First version.\n"


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with the least that reads the repository, `invoke list`."""
    repository = checked_monorepo(bench.folder, bench.large)
    measured = alternate(
        {
            "check": timed(partial(check, repository)),
            "list": timed(partial(invoke, repository, "list")),
        },
        rounds=bench.rounds,
        warm_up=True,
    )
    yield Figure(
        what=f"`invoke check --no-gradle`, {bench.large} images",
        measured=measured["check"],
        against="`invoke list`",
        reference=measured["list"],
        most=_MOST_SECONDS,
    )


def check(repository: Monorepo) -> None:
    """Check it; there is nothing to find.

    Raises:
        AssertionError: there is.
    """
    said = invoke(repository, "check", "--no-gradle")
    if "no defects" not in said:
        raise AssertionError(said)


def checked_monorepo(parent: Path, count: int) -> Monorepo:
    """A monorepo with all that a check looks at: definitions, metadata, changelogs, pages."""
    folder, images = parent / f"checked-{count}", monorepo.plan(count)
    monorepo.write(folder, images)
    for image in images:
        for path, text in _files(image):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (folder / ".gitignore").write_text(".yard/\nsecrets/\n", encoding="utf-8")
    monorepo.commit(folder)
    return Monorepo(folder=folder, images=images)


def _files(image: monorepo.Image) -> Iterator[tuple[str, str]]:
    """What stands beside an image's own files, by path in the repository."""
    yield f"{image.path}/CHANGELOG.md", _CHANGELOG
    kind, _, short = image.name.partition("-")
    if kind == "base":
        return
    facts = {
        "kind": kind,
        "short": short,
        "name": image.name,
        "image": image.repository,
        "id": uuid.uuid5(uuid.NAMESPACE_DNS, image.name),
    }
    definitions = _DEFINITIONS.format(kind.upper())
    yield f"{definitions}/{image.name}.yaml", _DEFINITION.format(**facts)
    yield f"{image.path}/metadata.yaml", _METADATA.format(**facts)
    yield f"{image.path}/acceptance-test-config.yml", _ACCEPTANCE.format(**facts)
    yield f"docs/integrations/{kind}s/{short}.md", f"# {image.name}\n"
