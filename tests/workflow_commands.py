"""What a step printed in, the commands that GitHub's runner would obey out."""

from __future__ import annotations

import re


def commands_run(text: str) -> list[str]:
    """What the runner would obey, read as actions/runner's `ActionCommandManager` does."""
    obeyed, resume = [], None
    for line in text.split("\n"):
        match = re.match(r"\s*::([a-z-]+)[^:]*::(.*)", line)
        if resume is not None:
            resume = None if line.strip() == f"::{resume}::" else resume
        elif match and match.group(1) == "stop-commands":
            resume = match.group(2)
        elif match:
            obeyed.append(match.group(1))
        elif "##[" in line:
            obeyed.append("##[")
    return obeyed
