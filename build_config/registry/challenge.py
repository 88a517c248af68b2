"""A `WWW-Authenticate` header in, what the registry wants to see out (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SCHEME = re.compile(r"(?:^|,)\s*(Bearer|Basic)(?=\s|,|$)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """One way to log in.

    Attributes:
        scheme: `bearer` or `basic`.
        parameters: names in lower case: `realm`, `service`, `scope`, `error`.
    """

    scheme: str
    parameters: Mapping[str, str]


def read_challenge(header: str) -> Challenge | None:
    """The best of those in the header that we know: a token before a password; None for none."""
    starts = list(_SCHEME.finditer(_without_quoted(header)))
    ends = [*(start.start() for start in starts[1:]), len(header)]
    found = [
        Challenge(scheme=start[1].lower(), parameters=_parameters(header[start.end() : end]))
        for start, end in zip(starts, ends, strict=False)  # one end too many, if there is none
    ]
    return next((c for c in found if c.scheme == "bearer"), next(iter(found), None))


def _parameters(text: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for name, quoted, plain in _PARAMETER.findall(text)
    }


def _without_quoted(text: str) -> str:
    """The same with nothing in the quotes, at the same places: a realm may be called `Basic`."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: "_" * len(found[0]), text)
