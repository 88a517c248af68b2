"""A version in; what orders it among others out (semver.org 2.0.0, section 11)."""

from __future__ import annotations

import re

_NUMBER = r"(?:0|[1-9]\d*)"
_PRE = rf"(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}(?:\.{_PRE})*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)

Order = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def order(version: str) -> Order | None:
    """A key to sort by; None for what is not a semantic version."""
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
