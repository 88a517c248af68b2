"""A step: one unit of work in a plan, as a value; what it does is in the module of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of step, in the order in which a connector meets them."""

    PULL = "pull"
    GRADLE = "gradle"
    BUILD = "build"
    SHARE = "share"
    UNIT = "unit"
    ACCEPTANCE = "acceptance"
    PUBLISH = "publish"


class Action(StrEnum):
    """Whether the step will run."""

    RUN = "run"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One unit of work.

    Attributes:
        target: what it works on: a connector's name, or an image reference for a pull.
        reason: why it runs, or why it need not, as a person would say it.
        needs: keys of the steps of this plan that must have succeeded before this one starts.
        seconds: how long it took last time, or a guess; orders ready steps by critical path.
    """

    kind: Kind
    target: str
    action: Action
    reason: str
    needs: tuple[str, ...] = ()
    seconds: float = 1.0

    @property
    def key(self) -> str:
        """Unique in a plan, readable in a log: `build source-file`."""
        return f"{self.kind} {self.target}"
