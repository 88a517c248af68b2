"""What the last good builds of each image were made from, kept under `.yard/inputs`.

More than the last one: what an image stands on may have been built again since, and is compared
with what it was then. Only `why` and the reasons in a plan read it: whether an image is up to date
is asked of the engine.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from build_config.atomic_files import write_text
from build_config.fingerprint import Inputs

_KEPT: Final = 5


def read(state: Path, name: str, fingerprint: str) -> Inputs | None:
    """The inputs of the build with that fingerprint; None when they are not remembered here."""
    try:
        inputs = Inputs.from_json(_file(state, name, fingerprint).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return inputs if inputs.fingerprint == fingerprint else None


def write(state: Path, name: str, inputs: Inputs) -> None:
    """Remember a good build; a full or read-only disk loses the memory and nothing else."""
    with suppress(OSError):
        file = _file(state, name, inputs.fingerprint)
        write_text(file, inputs.to_json(), durable=False)
        files = sorted(file.parent.glob("[!.]*.json"), key=lambda kept: kept.stat().st_mtime_ns)
        for old in files[:-_KEPT]:
            old.unlink(missing_ok=True)


def _file(state: Path, name: str, fingerprint: str) -> Path:
    return state / "inputs" / name / f"{fingerprint}.json"
