"""A repository and the flags of `invoke bump` in; what it said, and what files say then, out."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monorepos import settings

from build_config.checks import versions
from build_config.checks.subject import read_subject
from build_config.commands.bump import bump
from build_config.streams import Streams


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a bump wrote, to either stream."""

    out: str
    notes: str

    @property
    def summary(self) -> list[str]:
        """The last lines: those that are no diff."""
        lines = self.out.splitlines()
        return [line for line in lines if line[:1] not in {" ", "+", "-", "@", "\\", ""}]


def raise_versions(root: Path, *connector: str, changes: Any = None, **flags: Any) -> Said:
    """Run the command on the repository at `root`; it must succeed."""
    out, notes = io.StringIO(), io.StringIO()
    streams = Streams(out=out, notes=notes, environ={})
    code = bump(settings(root, **(changes or {})), streams, connector=list(connector), **flags)
    assert code == 0
    return Said(out=out.getvalue(), notes=notes.getvalue())


def contents(root: Path) -> dict[str, bytes]:
    """Every file of the repository, by path; without git's and ours."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {".git", ".yard"} & set(path.relative_to(root).parts)
    }


def version_rules(root: Path, **changes: Any) -> list[str]:
    """The defects about versions that `invoke check` finds."""
    return [str(defect) for defect in versions.check(read_subject(settings(root, **changes)))]
