"""Defects and the exceptions of the settings in, what remains out.

An exception that has no reason or no use is a defect itself: else they would only ever get more.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_config.checks.rules import RULES
from build_config.checks.values import find
from build_config.defect import Defect
from build_config.settings import Settings, Waiver
from build_config.yaml_files import YamlFileError, read_nodes

_SETTINGS = "invoke.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What counts, and how many defects do not."""

    defects: tuple[Defect, ...]
    waived: int


def judge(settings: Settings, defects: Sequence[Defect], skipped: Container[str]) -> Verdict:
    """Leave out what the settings except.

    Args:
        settings: with the exceptions.
        defects: of the whole repository.
        skipped: rules that nobody looked at: their exceptions may well be needed.
    """
    left = [defect for defect in defects if not _excepted(defect, settings.waivers)]
    own = tuple(_own(settings, defects, skipped))
    return Verdict(defects=(*own, *left), waived=len(defects) - len(left))


def _excepted(defect: Defect, waivers: Sequence[Waiver]) -> bool:
    return any(waiver.reason and _matches(waiver, defect) for waiver in waivers)


def _matches(waiver: Waiver, defect: Defect) -> bool:
    return waiver.rule == defect.rule and fnmatch.fnmatchcase(defect.connector, waiver.connector)


def _own(
    settings: Settings, defects: Sequence[Defect], skipped: Container[str]
) -> Iterator[Defect]:
    node = _settings_node(settings.root) if settings.waivers else None
    for number, waiver in enumerate(settings.waivers):
        rule, message, cure = _trouble(waiver, defects, skipped)
        if rule:
            at = find(node, "check", "ignore", number)
            yield Defect(
                rule=rule,
                message=f"`check.ignore[{number}]`: {message}",
                path=_SETTINGS if at is not None else "",
                line=at.start_mark.line + 1 if at is not None else None,
                cure=cure,
            )


def _trouble(
    waiver: Waiver, defects: Sequence[Defect], skipped: Container[str]
) -> tuple[str, str, str]:
    """Rule, message and cure of what is wrong with it; empty ones when nothing is."""
    if waiver.rule not in RULES:
        close = difflib.get_close_matches(waiver.rule, RULES, n=1)
        cure = f"did you mean `{close[0]}`?" if close else f"one of {', '.join(RULES)}"
        return "exception-rule", f"there is no rule `{waiver.rule}`", cure
    if not waiver.reason:
        return "exception-reason", f"`{waiver.rule}` is excepted without a reason", "add `reason`"
    if waiver.rule not in skipped and not any(_matches(waiver, defect) for defect in defects):
        what = f"no defect of `{waiver.rule}` in `{waiver.connector}`"
        return "exception-unused", what, "remove it"
    return "", "", ""


def _settings_node(root: Path) -> Any:
    """The repository's own settings; they may also come from the home directory."""
    try:
        return read_nodes(root / _SETTINGS, _SETTINGS)
    except YamlFileError:
        return None
