"""The words of `--connector` and what is there in, the names whose defects are told out."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from build_config.checks.subject import Subject
from build_config.selection import select


def choose(subject: Subject, patterns: Sequence[str]) -> frozenset[str] | None:
    """None for all, the repository itself included; a connector that is broken has a name too.

    Raises:
        UsageError: a name that is nobody's.
    """
    if not patterns:
        return None
    words = [word.strip() for pattern in patterns for word in pattern.split(",")]
    broken = {name for name in subject.broken for word in words if fnmatch.fnmatchcase(name, word)}
    others = [w for w in words if not any(fnmatch.fnmatchcase(name, w) for name in broken)]
    if broken and not any(others):
        return frozenset(broken)
    return frozenset(broken) | select(
        subject.connectors,
        patterns=others,
        without_dockerfile=subject.without_dockerfile,
    )
