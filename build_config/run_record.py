"""The events of a run in, what became of it out: a value, and `run.json` in its log folder.

Whatever tells of a run when it is over, here or on another machine, reads these files.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from build_config.atomic_files import rewrite
from build_config.errors import YardError
from build_config.report import Ending
from build_config.steps import Action, Kind

FILE = "run.json"
FORMAT = 1
_LARGEST = 10**15  # seconds, bytes, lines: no run has more


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """Something that a step did for a while; phases of a step may overlap.

    Attributes:
        begin: seconds since the run began, and so is `end`.
        cached: the result was there from before.
    """

    name: str
    begin: float
    end: float
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRecord:
    """A step of the plan and what became of it.

    Attributes:
        target: a connector's name, or an image reference for a pull.
        reason: why the plan runs it or not.
        needs: keys of the steps that had to succeed before it.
        begin: seconds since the run began, None when it was not started; `end` is when it ended,
            or was given up.
        message: what went wrong, why it was skipped, or a short result.
        path: the file at fault, relative to the repository, where it is known.
        size: bytes of the image that it built, where it built one.
        grown: how many bytes more than the build before it, where that is known.
        cases: how many assertions `passed`, `failed` and were `skipped`; empty without any.
    """

    key: str
    kind: Kind
    target: str
    action: Action
    reason: str
    outcome: Ending
    needs: tuple[str, ...] = ()
    begin: float | None = None
    end: float | None = None
    message: str = ""
    hint: str = ""
    path: str | None = None
    line: int | None = None
    size: int | None = None
    grown: int | None = None
    cases: Mapping[str, int] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it ran; 0 when it did not."""
        return 0.0 if self.begin is None or self.end is None else self.end - self.begin

    @property
    def skipped_as_expected(self) -> bool:
        """There was nothing to do; not that something went wrong before it."""
        return self.outcome in {Ending.UP_TO_DATE, Ending.NOT_APPLICABLE}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """A run that did something.

    Attributes:
        command: what was typed, without names: `invoke build`.
        begin: ISO 8601, UTC: when the command began.
        seconds: from then to the end of the last step.
        planning: seconds of it before the first step could start.
        jobs: how many steps could run at a time.
        host: the machine, or the runner where the CI system names it.
        exit_code: what the process exits with.
        problem: what broke the run as a whole off (the engine went away), else empty.
        steps: in the plan's order.
    """

    command: str
    begin: str
    seconds: float
    planning: float
    jobs: int
    host: str
    exit_code: int
    interrupted: bool = False
    problem: str = ""
    steps: tuple[StepRecord, ...]

    @property
    def began(self) -> datetime:
        """`begin` as a moment."""
        return datetime.fromisoformat(self.begin)

    @property
    def ended(self) -> datetime:
        """When the last step ended."""
        return self.began + timedelta(seconds=self.seconds)

    @property
    def failed(self) -> bool:
        """Something did not succeed: a step, or the run itself."""
        return self.exit_code != 0


def host_name(environ: Mapping[str, str]) -> str:
    """What the CI system calls this machine, else its own name."""
    return environ.get("RUNNER_NAME") or platform.node()


def write(folder: Path, record: RunRecord) -> None:
    """Write `run.json` into the folder.

    Raises:
        OSError: the disk is full or read-only.
    """
    document = {"format": FORMAT, **asdict(record)}
    text = json.dumps(document, separators=(",", ":")) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    rewrite(folder / FILE, text.encode(), durable=False)  # whoever collects it reads it too


def read(folder: Path) -> RunRecord:
    """The record in that folder.

    Raises:
        YardError: there is none, or none that can be understood.
    """
    file = folder / FILE
    try:
        return _of_json(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise YardError(f"`{file}` cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise YardError(
            f"`{file}` is not the record of a run",
            hint="it is cut short, or another version of Connector Yard wrote it",
        ) from error


def last_folder(logs: Path) -> Path | None:
    """The folder of the last run that left a record; None where none did.

    Folders of runs are named by their time; one without a record has not ended, or was killed.
    """
    found = (file.parent for file in logs.glob(f"*/{FILE}"))
    return max((folder for folder in found if not folder.is_symlink()), default=None)


def read_all(folder: Path) -> tuple[RunRecord, ...]:
    """Every record below the folder, the earliest first; empty when there is none.

    `latest` is a link to one of them, or a copy of it: what uploads artifacts follows links.

    Raises:
        YardError: one of them cannot be understood.
    """
    folders = {file.parent.resolve() for file in folder.rglob(FILE)}
    runs = sorted(map(read, folders), key=lambda run: (run.begin, run.host))
    return tuple(run for run, before in zip(runs, (None, *runs), strict=False) if run != before)


def _of_json(document: Any) -> RunRecord:
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    record = cast("RunRecord", _value(RunRecord, document))
    if record.began.tzinfo is None or record.ended < record.began or record.jobs < 1:
        raise ValueError(document)
    return record


def _value(kind: Any, value: Any) -> object:
    """What a JSON value is as this type; others wrote it, and it must not surprise us later.

    Raises:
        TypeError, ValueError, KeyError, OverflowError: it is not of this type, or beyond measure.
    """
    inner = get_args(kind)
    if get_origin(kind) is UnionType:
        return None if value is None else _value(inner[0], value)
    if get_origin(kind) is tuple:
        return tuple(_value(inner[0], item) for item in _plain(list, value))
    if get_origin(kind) is Mapping:
        return {key: _value(inner[1], item) for key, item in _plain(dict, value).items()}
    if is_dataclass(kind):
        members = _plain(dict, value)
        known = (
            (name, type_) for name, type_ in _types(cast("type", kind)).items() if name in members
        )
        return cast("Any", kind)(**{name: _value(type_, members[name]) for name, type_ in known})
    if issubclass(kind, StrEnum):
        return kind(value)
    return _plain(kind, float(value) if kind is float and type(value) is int else value)


@cache
def _types(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _plain(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(value)
    if isinstance(value, int | float) and not abs(value) <= _LARGEST:  # NaN is not, either
        raise ValueError(value)
    return value
