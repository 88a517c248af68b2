"""A version in; what orders it among others, and the version after it, out (semver.org 2.0.0)."""

from __future__ import annotations

import re
from enum import StrEnum

_NUMBER = r"(?:0|[1-9]\d*)"
_PRE = rf"(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    r"(?=.{5,255}\Z)"  # semver.org sets no limit and finds 255 characters too many
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}(?:\.{_PRE})*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)

Order = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


class Part(StrEnum):
    """What of a version is raised."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    PRERELEASE = "prerelease"


def order(version: str) -> Order | None:
    """A key to sort by (section 11); None for what is not a semantic version."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    major, minor, patch = (int(match[group]) for group in (1, 2, 3))
    parts = match[4].split(".") if match[4] else []
    pre = tuple((not p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts)
    return major, minor, patch, not pre, pre


def is_tag(version: str) -> bool:
    """Whether an image may have it as a tag (distribution/reference)."""
    return _TAG.fullmatch(version) is not None


def is_release_tag(version: str) -> bool:
    """Whether an image can be released under it: a semantic version that is a tag."""
    return order(version) is not None and is_tag(version)


def above(version: str, other: str) -> bool:
    """Whether it comes after the other; what is no semantic version is below all that are."""
    mine, theirs = order(version), order(other)
    return mine is not None and (theirs is None or mine > theirs)


def bumped(version: str, part: Part) -> str:
    """The next version: `1.2.3` -> `1.2.4`, `1.3.0`, `2.0.0`, or `1.2.4-rc.1` and then `-rc.2`.

    A prerelease already has the numbers of the release that it leads to: `1.2.4-rc.2` -> `1.2.4`.

    Raises:
        ValueError: it is no semantic version.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"`{version}` is not a semantic version")
    major, minor, patch = (int(match[group]) for group in (1, 2, 3))
    leads_to = {Part.MAJOR: not minor and not patch, Part.MINOR: not patch}.get(part, True)
    if part is Part.PRERELEASE:
        pre = _next_prerelease(match[4]) if match[4] else "rc.1"
        return f"{major}.{minor}.{patch + (not match[4])}-{pre}"
    if match[4] and leads_to:
        return f"{major}.{minor}.{patch}"
    if part is Part.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if part is Part.MINOR else f"{major}.{minor}.{patch + 1}"


def _next_prerelease(pre: str) -> str:
    """With its last number raised: `rc.1` -> `rc.2`; one without a number gets one."""
    parts = pre.split(".")
    for at in reversed(range(len(parts))):
        if parts[at].isdecimal():
            return ".".join((*parts[:at], str(int(parts[at]) + 1), *parts[at + 1 :]))
    return f"{pre}.1"
