"""The registry: every rule by name with what must hold, and the families that look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from build_config.checks import (
    acceptance,
    definitions,
    documentation,
    entrypoint,
    identity,
    references,
    secret_files,
    structure,
    versions,
)
from build_config.checks.subject import Subject
from build_config.defect import Defect

RULES: Mapping[str, str] = MappingProxyType(
    {
        # what can be read
        "layout": "The directories of images that the settings name can be read.",
        "directory-name": "A directory's name is letters, digits, `.`, `_`, `+` and `-`.",
        "unreadable-file": "Files are readable text within the repository.",
        "dockerfile-syntax": "Every Dockerfile parses.",
        "dockerignore": "Every line of an ignore file is a pattern.",
        "metadata": "Every metadata.yaml is YAML with a mapping `data`.",
        "definition-syntax": "Every file of definitions is YAML or JSON.",
        "settings-image": "Settings for an image name one that is here.",
        # names, and how images hang together
        "image-name": "Image names are legal, and without a tag.",
        "image-unique": "No two directories build one image.",
        "name-unique": "No two directories have one name.",
        "connector-kind": "A connector is a source or a destination, by its name.",
        "repository-directory": "The last part of an image's name is that of its directory.",
        "base-missing": "An image with the local tag is built by a directory here.",
        "cycle": "No image stands on itself.",
        "pin-outdated": "A released image of this repository is used in its newest version.",
        # versions
        "version-missing": "Every image has a version.",
        "version-semver": "A version is a semantic version.",
        "version-tag": "A version can be the tag of an image.",
        "version-agrees": "Every file that names the version names the image's.",
        "changelog": "The newest entry of the changelog is the image's version.",
        "not-bumped": "Who changes what an image contains raises its version.",
        "base-changed": "Who changes a base raises the versions of what stands on it.",
        # the catalog
        "definition-fields": "A definition has all fields that the platform requires.",
        "definition-missing": "Every connector has a definition.",
        "definition-orphan": "Every definition has a connector.",
        "definition-repository": "A definition names its connector's image.",
        "definition-repository-unique": "An image has one definition.",
        "definition-id": "A definition's id is a UUID.",
        "definition-id-unique": "No two connectors share an id.",
        "definition-name-unique": "No two sources, and no two destinations, share a name.",
        "metadata-agrees": "metadata.yaml says what the definition and the image say.",
        "docs-page": "Every connector has a page.",
        # what is in the image, and what must not be
        "entrypoint": "AIRBYTE_ENTRYPOINT is the ENTRYPOINT.",
        "acceptance-config": "Every acceptance-test-config.yml is valid.",
        "acceptance-image": "An acceptance-test-config.yml names its connector's image.",
        "secrets-tracked": "No file in a folder `secrets` is in git.",
        "secrets-git-ignored": "Git ignores each connector's `secrets/`.",
        "secrets-docker-ignored": "No folder `secrets` enters an image.",
        "hadolint": "Hadolint has nothing against the Dockerfiles.",
        "gradle": "The Gradle build passes.",
        # exceptions in the settings
        "exception-rule": "An exception names a rule that there is.",
        "exception-reason": "An exception has a reason.",
        "exception-unused": "An exception is about a defect that there is.",
    }
)

FAMILIES: tuple[Callable[[Subject], Iterator[Defect]], ...] = (
    structure.check,
    identity.check,
    versions.check,
    references.check,
    definitions.check,
    documentation.check,
    entrypoint.check,
    acceptance.check,
    secret_files.check,
)
"""What needs only the files; `bumps` needs a commit, `hadolint` and Gradle programs."""
