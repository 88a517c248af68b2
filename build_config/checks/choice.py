"""The words of `--connector` and what is there in, the names whose defects are told out."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

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
    broken = _matched(words, subject.broken)
    aliases = {alias for connector in subject.connectors for alias in connector.aliases}
    others = [w for w in words if _matched([w], aliases) or not _matched([w], subject.broken)]
    if broken and not any(others):
        return broken
    return broken | select(
        subject.connectors,
        patterns=others,
        without_dockerfile=subject.without_dockerfile,
    )


def _matched(words: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names for word in words if fnmatch.fnmatchcase(name, word))
