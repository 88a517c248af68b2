"""A repository in, what of it Gradle has to build out, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from build_config.checks.subject import Subject
from build_config.connector import Connector, Language
from build_config.wording import counted

_SETTINGS_FILES = ("settings.gradle", "settings.gradle.kts")
_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class GradleTasks:
    """What to give to Gradle.

    Attributes:
        names: none when there is nothing to build.
        reason: why it runs, or why it need not.
    """

    names: tuple[str, ...]
    reason: str


def gradle_tasks(subject: Subject, chosen: frozenset[str] | None) -> GradleTasks:
    """The whole build, or that of the chosen connectors."""
    if not any((subject.settings.root / name).is_file() for name in _SETTINGS_FILES):
        return GradleTasks(names=(), reason="there is no `settings.gradle`")
    java = [c for c in subject.connectors if c.gradle or c.language is Language.JAVA]
    if chosen is None:
        return GradleTasks(names=("build",) if java else (), reason=_reason(java, "here"))
    java = [connector for connector in java if connector.name in chosen]
    names = (f":{connector.path.replace('/', ':')}:build" for connector in java)
    return GradleTasks(names=tuple(names), reason=_reason(java, "selected"))


def _reason(java: Iterable[Connector], where: str) -> str:
    names = [f"`{connector.name}`" for connector in java]
    if not names:
        return f"nothing {where} is Java"
    if len(names) > _NAMED:
        return f"builds {counted(len(names), 'image')}"
    return f"builds {', '.join(names)}"
