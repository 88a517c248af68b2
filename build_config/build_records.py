"""What the last good build of each image was made from, kept under `.yard/inputs`.

Only `why` and the reasons in a plan read it: whether an image is up to date is asked of the engine.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from build_config.atomic_files import write_text
from build_config.fingerprint import Inputs


def read(state: Path, name: str, fingerprint: str) -> Inputs | None:
    """The inputs of the build with that fingerprint; None when they are not remembered here."""
    try:
        inputs = Inputs.from_json(_file(state, name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return inputs if inputs.fingerprint == fingerprint else None


def write(state: Path, name: str, inputs: Inputs) -> None:
    """Remember a good build; a full or read-only disk loses the memory and nothing else."""
    with suppress(OSError):
        write_text(_file(state, name), inputs.to_json(), durable=False)


def _file(state: Path, name: str) -> Path:
    return state / "inputs" / f"{name}.json"
