"""Settings in, all defects that need no build out, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from build_config.affected import read_since
from build_config.checks import bumps, hadolint
from build_config.checks.rules import FAMILIES
from build_config.checks.subject import Subject, read_subject
from build_config.defect import Defect
from build_config.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What was found.

    Attributes:
        defects: each once, by connector and place.
        skipped: rule -> why nobody looked; empty where nobody asked for it.
    """

    subject: Subject
    defects: tuple[Defect, ...]
    skipped: Mapping[str, str]


def inspect(settings: Settings, *, since: str | None = None) -> Inspection:
    """Look at everything.

    Args:
        settings: of the repository.
        since: a ref; what changed since then must have a new version.

    Raises:
        UsageError: git does not know the ref.
        YardError: git failed.
    """
    subject = read_subject(settings)
    skipped: dict[str, str] = {}
    with hadolint.linting(settings.root, subject.connectors) as lint:
        found = [defect for family in FAMILIES for defect in family(subject)]
        if since is None:
            skipped |= {"not-bumped": "", "base-changed": ""}  # nobody asked
        else:
            found += bumps.check(subject, read_since(subject.settings.root, since))
        if lint is not None:
            found += hadolint.collect(lint, subject.connectors)
        elif subject.connectors:
            skipped[hadolint.RULE] = hadolint.ABSENT
    return Inspection(subject=subject, defects=in_order(found), skipped=skipped)


def in_order(defects: list[Defect]) -> tuple[Defect, ...]:
    """Each once, those of the repository first, then by connector and place."""
    return tuple(sorted(dict.fromkeys(defects), key=_order))


def _order(defect: Defect) -> tuple[str, str, int, str, str]:
    return (defect.connector, defect.path, defect.line or 0, defect.rule, defect.message)
