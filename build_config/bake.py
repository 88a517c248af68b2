"""Connectors and their graph in, the file from which `docker buildx bake` builds them out.

All paths are relative to the root of the repository, in which it has to be run. The shape is that
of docs.docker.com/build/bake/reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from build_config.connector import Connector, Secret
from build_config.graph import Graph

GROUP = "default"
"""What bake builds when nothing is named."""

_NO_TARGET = re.compile(r"[^a-zA-Z0-9_-]")


def bake_file(
    graph: Graph,
    names: frozenset[str],
    labels: Mapping[str, Mapping[str, str]],
    secrets: Mapping[str, tuple[Secret, ...]],
) -> dict[str, Any]:
    """The file as a value for JSON.

    Args:
        graph: of the whole repository.
        names: what to build; with all that it stands on.
        labels: of each image, by connector name.
        secrets: the same; with paths as bake is to read them.
    """
    ordered = [connector for name, connector in graph.connectors.items() if name in names]
    targets = _target_names(connector.name for connector in ordered)
    document = {
        "group": {GROUP: {"targets": list(targets.values())}},
        "target": {
            targets[connector.name]: {
                "context": connector.path,
                "dockerfile": "Dockerfile",
                "contexts": {
                    _as_looked_up(graph.connectors[base]): f"target:{targets[base]}"
                    for base in graph.dependencies[connector.name]
                },
                "tags": [str(connector.image)],
                "args": dict(connector.build_args),
                "labels": dict(labels[connector.name]),
                "secret": [_told(secret) for secret in secrets[connector.name]],
            }
            for connector in ordered
        },
    }
    literal: dict[str, Any] = _literal(document)
    return literal


def asked_for(connector: Connector, offered: Iterable[Secret]) -> tuple[Secret, ...]:
    """The secrets that its Dockerfile names; of two with one id the last.

    Bake opens the file of every secret before it builds anything, needed or not.
    """
    texts = [text for _, text in connector.dockerfile.instructions]
    by_id = {secret.id: secret for secret in offered}
    return tuple(s for s in by_id.values() if any(s.id in text for text in texts))


def secret_from(secret: Secret, root: Path) -> Secret:
    """The same; its file as seen from the root where it is below that."""
    if secret.file is None or not Path(secret.file).is_relative_to(root):
        return secret
    return Secret(id=secret.id, file=Path(secret.file).relative_to(root).as_posix())


def _target_names(names: Iterable[str]) -> dict[str, str]:
    """Bake knows letters, digits, `_` and `-` only."""
    targets: dict[str, str] = {}
    for name in names:
        target = _NO_TARGET.sub("_", name)
        while target == GROUP or target in targets.values():
            target += "_"
        targets[name] = target
    return targets


def _as_looked_up(base: Connector) -> str:
    """The key by which BuildKit looks for a context that stands for an image.

    Source: frontend/dockerui/namedcontext.go: the familiar form, without `:latest`.
    """
    return str(base.image).removesuffix(":latest")


def _told(secret: Secret) -> str:
    where = f"src={secret.file}" if secret.file is not None else f"env={secret.variable}"
    return f"id={secret.id},{where}"


def _literal(value: Any) -> Any:
    """Text as it is: bake would expand `${` and `%{` in it."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {key: _literal(inner) for key, inner in value.items()}
    return [_literal(inner) for inner in value]
