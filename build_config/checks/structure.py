"""What reading the repository found: files, names, and how the images hang together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from build_config.checks.subject import Subject
from build_config.defect import Defect

_CURES = MappingProxyType(
    {
        "layout": "set `layout` in `invoke.yaml` to where the images are",
        "directory-name": "rename the directory",
        "unreadable-file": "put a readable file of text in its place",
        "dockerfile-syntax": "correct the line; `docker build` refuses it too",
        "image-name": "give a name like `namespace/source-x`, without a tag",
        "image-unique": "give each directory an image of its own",
        "name-unique": "rename one of the directories",
        "connector-kind": "rename it, or move it to the bases",
        "settings-image": "remove the setting, or correct the name",
        "base-missing": "name an image that a directory here builds, or a released tag",
        "cycle": "let one of them stand on something else",
        "metadata": "correct the file",
        "definition-syntax": "correct the file",
    }
)


def check(subject: Subject) -> Iterator[Defect]:
    """What was found while reading, each with its cure."""
    for defect in subject.found:
        yield replace(defect, cure=_CURES[defect.rule])
